"""Support looks into a centre only with its consent, for its time, changing nothing, written down page by page."""

from datetime import timedelta

import pytest
from django.test import Client

from reservo import tenancy
from reservo.accounts.models import Session
from reservo.audit.models import Action
from reservo.console.operations import operators
from reservo.core.clock import now
from reservo.notifications.models import Delivery
from reservo.support import mails, queries
from reservo.support.models import SupportAccess
from reservo.tenancy import connections
from tests.architecture.cases import CASES
from tests.architecture.stage import Stage
from tests.architecture.test_routes import GUARDED, OFF, SECRETS
from tests.console.cast import HOME, SHELL, browser, make_operator


@pytest.fixture
def olga(control):
    return make_operator("Olga Vidal")


@pytest.fixture
def console(olga):
    return browser(olga)


def ask(console, cast, **more):
    given = {"reason": "No sale un correo", "minutes": "30", **more}
    return console.post(f"{HOME}centros/{cast.slug}/soporte/pedir", given)


def answer(cast, what, *, role="administrator", **given):
    with cast.active():
        pk = queries.latest().pk
    return cast.client(role).post(cast.url(f"configuracion/soporte/{pk}/{what}"), given)


def enter(console, cast):
    """The operator's browser inside the centre."""
    own = console.cookies["reservo_session"].value
    entered = console.post(f"{HOME}centros/{cast.slug}/soporte/entrar")
    visitor = Client()
    cookie = entered.cookies.get("reservo_session")
    if cookie is not None and cookie["path"] == cast.url():
        visitor.cookies["reservo_session"] = cookie.value
    console.cookies["reservo_session"] = (
        own  # a browser keeps cookies of two paths apart, the test's client does not
    )
    return entered, visitor


def aged(cast, **changes):
    with cast.active(), tenancy.atomic():
        SupportAccess.objects.update(**changes)


# Asking and answering


def test_the_centre_sees_who_asks_why_and_for_how_long_on_every_page_and_by_mail(console, centre):
    assert ask(console, centre).status_code == 200
    administrator = centre.client("administrator")
    for path in ("agenda/", "pacientes/", "configuracion/"):
        assert (
            "Olga Vidal, de soporte, pide ver tu centro."
            in administrator.get(centre.url(path)).content.decode()
        )
    shown = administrator.get(centre.url("configuracion/soporte")).content.decode()
    assert "Olga Vidal pide ver tu centro durante 30 minutos" in shown
    assert "No sale un correo" in shown
    with centre.active():
        mail = Delivery.objects.get(kind=mails.ASKED)
        composed = mails.compose(mail)
    assert mail.to_address == centre.email("administrator")
    assert f"/{centre.slug}/configuracion/soporte" in composed.text


def test_only_those_who_decide_see_it(console, centre):
    ask(console, centre)
    assert (
        "pide ver tu centro" not in centre.client("receptionist").get(centre.url("agenda/")).content.decode()
    )
    assert answer(centre, "permitir", role="receptionist").status_code == 403
    with centre.active():
        assert queries.latest().state == "asked"


def test_without_an_answer_nobody_enters(console, centre):
    ask(console, centre)
    entered, visitor = enter(console, centre)
    assert entered.headers["Location"] == f"{HOME}centros/{centre.slug}/"
    assert visitor.get(centre.url("configuracion/")).status_code == 302


def test_a_no_is_a_no(console, centre):
    ask(console, centre)
    answer(centre, "negar")
    _entered, visitor = enter(console, centre)
    assert visitor.get(centre.url("configuracion/")).status_code == 302
    assert answer(centre, "permitir").status_code == 302
    with centre.active():
        assert queries.latest().state == "denied"


def test_a_question_is_forgotten_after_a_day(console, centre):
    ask(console, centre)
    aged(centre, asked_at=now() - timedelta(hours=25))
    answer(centre, "permitir")
    with centre.active():
        assert queries.latest().state == "asked"
        assert queries.current(now()) is None


def test_one_question_at_a_time(console, centre):
    ask(console, centre)
    second = ask(console, centre)
    assert (second.status_code, "Ya hay un pedido" in second.content.decode()) == (422, True)


@pytest.mark.parametrize("wrong", [{"reason": " "}, {"minutes": "4"}, {"minutes": "241"}, {"minutes": "x"}])
def test_a_question_that_makes_no_sense_is_refused(console, centre, wrong):
    assert ask(console, centre, **wrong).status_code == 422
    with centre.active():
        assert queries.latest() is None


# Inside


def test_with_a_yes_the_operator_reads_under_a_banner_and_every_page_is_in_both_trails(console, olga, centre):
    ask(console, centre)
    answer(centre, "permitir")
    entered, visitor = enter(console, centre)
    assert entered.headers["Location"] == centre.url("configuracion/")
    cookie = entered.cookies["reservo_session"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (centre.url(), True, "Lax")
    shown = visitor.get(centre.url("usuarios/?q=algo"))
    assert shown.status_code == 200
    assert "como soporte" in shown.content.decode()
    with centre.active():
        line = Action.objects.filter(action="support.viewed").latest("pk")
    assert (line.actor, line.actor_id, line.details) == (
        "operator",
        olga.pk,
        {"page": centre.url("usuarios/")},
    )
    with tenancy.control():
        own = Action.objects.filter(action="support.viewed").latest("pk")
    assert own.details == {"name": centre.slug, "to": centre.url("usuarios/")}
    trail = centre.client("administrator").get(centre.url("registro/")).content.decode()
    assert "abrió una página" in trail
    seen = centre.client("administrator").get(centre.url("agenda/")).content.decode()
    assert "Olga Vidal, de soporte, puede ver tu centro." in seen


def test_patients_are_shut_unless_both_asked_and_agreed(console, centre):
    ask(console, centre)
    answer(centre, "permitir", patients="1")
    _entered, visitor = enter(console, centre)
    for path in (
        "agenda/",
        "pacientes/",
        "correos/",
        "configuracion/por-llamar",
        f"pacientes/{centre.patient}/",
    ):
        assert visitor.get(centre.url(path)).status_code == 403


def test_patients_are_read_when_the_centre_says_so(console, centre):
    ask(console, centre, wants_patients="on")
    answer(centre, "permitir", patients="1")
    _entered, visitor = enter(console, centre)
    assert "Muñoz" in visitor.get(centre.url("pacientes/")).content.decode()
    assert visitor.get(centre.url("agenda/")).status_code == 200


@pytest.fixture(scope="module")
def stage(control, monday):
    made = Stage(monday)
    yield made
    made.end()


@pytest.fixture(scope="module", params=[False, True], ids=["without patients", "with patients"])
def visit(stage, request):
    """A browser inside the stage's centre, whose question stands from the beginning."""
    from reservo.core.actor import Actor
    from reservo.support import operations, visiting

    stage.restore()
    by = Actor("staff", 1, "Andrea Leiva", "agenda")
    with stage.centre.active():
        granted = operations.grant(stage.objects["support"], sees_patients=request.param, by=by, at=now())
        session = visiting.open_session(granted, agent="walk", at=now())
    client = Client()
    client.cookies["reservo_session"] = session.session_key
    client.sees_patients = request.param
    yield client
    stage.restore()


@pytest.mark.parametrize("route", sorted(GUARDED), ids=lambda route: route or "/")
def test_a_visitor_changes_nothing_anywhere_and_sees_patients_only_if_allowed(stage, visit, route):
    path = stage.url(CASES[route].path)
    shown, sent = visit.get(path), visit.post(path)
    assert shown.status_code in (200, 403, OFF)
    assert sent.status_code in (403, OFF)
    if not visit.sees_patients:
        text = b"".join(shown) if shown.streaming else shown.content
        told = [one for one in SECRETS if one in text.decode(errors="replace")]
        assert [
            one for one in told if one != "nora@"
        ] == []  # a member of staff, whom the list of users shows


# Its end


@pytest.fixture
def inside(console, centre):
    ask(console, centre)
    answer(centre, "permitir")
    _entered, visitor = enter(console, centre)
    assert visitor.get(centre.url("configuracion/")).status_code == 200
    return visitor


def is_out(visitor, centre):
    return visitor.get(centre.url("configuracion/")).status_code == 302


def test_the_centre_ends_it_at_once(inside, centre):
    answer(centre, "terminar")
    assert is_out(inside, centre)


def test_the_operator_ends_it(inside, console, centre):
    console.post(f"{HOME}centros/{centre.slug}/soporte/terminar")
    assert is_out(inside, centre)


def test_its_time_ends_it(inside, centre):
    aged(centre, expires_at=now() - timedelta(seconds=1))
    assert is_out(inside, centre)


def test_letting_the_operator_go_ends_it(inside, olga, centre):
    make_operator("Otra")
    operators.disable(olga, by=SHELL, at=now())
    assert is_out(inside, centre)


def test_leaving_the_console_ends_it_and_the_consent_lets_them_in_again(inside, olga, console, centre):
    console.post(f"{HOME}salir")
    assert is_out(inside, centre)
    _entered, again = enter(browser(olga), centre)
    assert not is_out(again, centre)


def test_it_opens_neither_another_centre_nor_the_console(inside, centre, other):
    assert is_out(inside, other)
    assert inside.get(HOME).status_code == 302


def test_another_operator_cannot_use_it(inside, centre):
    entered, _visitor = enter(browser(make_operator("Raúl Pinto")), centre)
    assert entered.headers["Location"] == f"{HOME}centros/{centre.slug}/"


def test_a_restore_does_not_bring_an_ended_access_back(inside, centre):
    from reservo.fleet.backups import restoring, sources
    from reservo.fleet.models import Backup
    from tests.fleet.backing_up import back_up

    back_up(centre.route)
    answer(centre, "terminar")
    backup = Backup.objects.filter(tenant_id=centre.route.tenant_id).latest("pk")
    restoring.over_itself(centre.slug, sources.kept(backup), clock=now)
    connections.close_all()
    assert is_out(inside, centre)


def test_a_copy_of_the_centre_has_given_no_consent(inside, console, centre):
    """Else whoever may restore would go on looking after the centre has ended it."""
    from reservo.fleet.backups import restoring, sources
    from reservo.tenants import operations as tenants
    from tests.fleet.backing_up import back_up

    back_up(centre.route)
    answer(centre, "terminar")
    copy = f"{centre.slug}-copia"
    restoring.as_new(copy, sources.newest(centre.route.tenant_id), clock=now)
    tenants.set_state(copy, "active", reason="x", at=now())
    entered = console.post(f"{HOME}centros/{copy}/soporte/entrar")
    assert entered.headers["Location"] == f"{HOME}centros/{copy}/"


def test_logging_out_is_all_a_visitor_may_send(inside, centre):
    assert inside.post(centre.url("logout")).status_code == 302
    assert is_out(inside, centre)
    assert not Session.objects.filter(session_key=inside.cookies["reservo_session"].value or "x").exists()
