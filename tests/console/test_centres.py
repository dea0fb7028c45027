"""Centres from the console: listed without opening them, made, given another state, and all of it in the trail."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reservo import tenancy
from reservo.accounts.models import Invitation
from reservo.audit.models import Action
from reservo.console import mails, observing
from reservo.console.models import Observation
from reservo.console.operations import centres
from reservo.console.queries import centres as queries
from reservo.core.clock import now
from reservo.fleet.models import Backup, Move
from reservo.jobs.models import Heartbeat, Job
from reservo.notifications.models import Delivery
from reservo.staff.models import StaffMember
from reservo.tenancy import connections, directory
from reservo.tenancy.models import Placement, Store
from reservo.tenants.models import StateChange, Tenant
from tests.console.cast import HOME, SHELL

NEW = {
    "name": "Clínica Nueva",
    "country": "CL",
    "zone": "America/Santiago",
    "currency": "",
    "language": "es",
    "store": "",
    "administrator_name": "Ada Soto",
    "administrator": "ada@nueva.example",
}


@pytest.fixture
def many(control):
    """Fifty centres that are only names: nothing of theirs can be opened."""
    store = Store.objects.create(
        name=f"paper-{now().timestamp():.0f}", engine="sqlite", address="/x", capacity=99
    )
    placements = [
        Placement.objects.create(slug=f"papel-{n}-{store.pk}", store=store, namespace=f"{n}.db", zone="UTC")
        for n in range(50)
    ]
    Tenant.objects.bulk_create(
        Tenant(id=one.pk, name=f"Papel {one.pk}", country="CL", currency="CLP", created_at=now())
        for one in placements
    )
    yield store
    ids = [one.pk for one in placements]
    Tenant.objects.filter(pk__in=ids).delete()
    Backup.objects.filter(tenant_id__in=ids).delete()
    Observation.objects.filter(pk__in=ids).delete()
    Placement.objects.filter(pk__in=ids).delete()
    store.delete()


def queries_of(client, address):
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


# The list


def test_one_centre_and_fifty_take_the_same_queries_and_none_is_opened(console, many, monkeypatch):
    opened = []
    monkeypatch.setattr(connections, "bind", lambda route: opened.append(route))
    one = queries_of(console, f"{HOME}?almacen={many.name}&q=papel-7-{many.pk}")
    fifty = queries_of(console, f"{HOME}?almacen={many.name}")
    assert one == fifty
    assert opened == []


def listed(**asked):
    _page, rows = queries.page(queries.Asked(**asked), at=now())
    return [row.placement.slug for row in rows]


def test_it_is_searched_by_name_or_address_and_narrowed_by_state_and_store(centre, many):
    tenant = Tenant.objects.get(pk=centre.route.tenant_id)
    tenant.name = "Óptica Ñandú"
    tenant.save()
    assert listed(typed="Ñandú") == listed(typed="ptica Ñandú") == [centre.slug]
    assert listed(typed=centre.slug[3:]) == [centre.slug]
    assert listed(typed="nada de esto") == []
    assert centre.slug not in listed(store=many.name)
    assert centre.slug in listed(state="active", typed=centre.slug)
    assert listed(state="disabled", typed=centre.slug) == []


def test_those_with_a_problem_come_first(many):
    sick = Placement.objects.filter(store=many).order_by("-slug").first()
    Observation.objects.create(tenant_id=sick.pk, at=now(), error="StoreUnavailable")
    assert listed(store=many.name)[0] == sick.slug
    assert listed(store=many.name, state="problem") == [sick.slug]


@pytest.mark.parametrize("order", [*queries.ORDERS, *(f"-{name}" for name in queries.ORDERS), "otra"])
def test_it_is_put_in_any_order(many, order):
    assert len(listed(store=many.name, order=order)) == 50


def test_the_largest_first(many):
    for number, one in enumerate(Placement.objects.filter(store=many)[:3]):
        Observation.objects.create(tenant_id=one.pk, at=now(), size_bytes=1_000 * number)
    _page, rows = queries.page(queries.Asked(store=many.name, order="-tamano"), at=now())
    assert [row.seen.size_bytes for row in rows[:3]] == [2_000, 1_000, 0]


@pytest.mark.parametrize(
    ("hours", "state", "verdict"),
    [(2, "done", "good"), (30, "done", "bad"), (2, "failed", "bad"), (0, "", "bad")],
)
def test_the_age_of_a_backup_has_a_verdict(centre, hours, state, verdict):
    at = now()
    if state:
        taken = at - timedelta(hours=hours)
        facts = {"slug": centre.slug, "state": state, "next_at": at, "taken_at": taken, "key": "k"}
        Backup.objects.create(tenant_id=centre.route.tenant_id, **facts)
    assert queries.row_of(centre.slug, at=at).backup_verdict == verdict


def test_what_is_wrong_is_told_in_words(centre):
    at, pk = now(), centre.route.tenant_id
    Observation.objects.create(tenant_id=pk, at=at, error="StoreUnavailable", dead_jobs=2, bad_mails=1)
    Backup.objects.create(tenant_id=pk, slug=centre.slug, state="failed", next_at=at, error="NoPlace: full")
    facts = {"source_store": "a", "target_store": "b", "epoch_before": 1, "started_at": at}
    move = Move.objects.create(tenant_id=pk, open_for=pk, slug=centre.slug, error="NotEqual: x", **facts)
    assert queries.row_of(centre.slug, at=at).troubles == [
        "no responde (StoreUnavailable)",
        "respaldo: NoPlace: full",
        "traslado: NotEqual: x",
        "2 trabajos muertos",
        "1 correo con problema",
    ]
    move.delete()


# Seen in the background


def test_a_look_writes_down_size_use_and_what_went_wrong(centre, monday):
    at = now()
    with centre.active(), tenancy.atomic():
        Job.objects.create(task="x", state="dead", run_at=at, created_at=at)
    centre.book(monday)
    observing.observe([centre.route], at)
    seen = Observation.objects.get(pk=centre.route.tenant_id)
    assert (seen.seen_at, seen.dead_jobs, seen.error) == (at, 1, "")
    assert seen.size_bytes > 100_000
    assert abs(seen.used_at - now()) < timedelta(minutes=1)


def test_a_centre_that_does_not_answer_keeps_its_last_figures(centre, other):
    first = now()
    observing.observe([centre.route, other.route], first)
    gone = tenancy.Route(
        **{**{f: getattr(centre.route, f) for f in centre.route.__slots__}, "namespace": "no.db"}
    )
    connections.close_all()
    observing.observe([gone, other.route], now())
    seen = Observation.objects.get(pk=centre.route.tenant_id)
    assert (seen.seen_at, bool(seen.error), seen.size_bytes > 0) == (first, True, True)
    assert Observation.objects.get(pk=other.route.tenant_id).error == ""


# Made


def created(console, **changes):
    slug = f"nueva-{now().timestamp():.4f}".replace(".", "-")
    given = {**NEW, "slug": slug, "administrator": f"ada@{slug}.example", **changes}
    return slug, given, console.post(f"{HOME}centros/nuevo", given)


def test_a_centre_is_made_and_its_first_administrator_invited(console):
    slug, given, answer = created(console)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{HOME}centros/{slug}/?nuevo=1")
    assert Client().get(f"/{slug}/").status_code == 200
    route = directory.find(slug)
    invited = Invitation.objects.get(tenant_id=route.tenant_id)
    assert invited.email == given["administrator"]
    with tenancy.control():
        assert Delivery.objects.filter(kind="invitation", subject_key=f"invitation:{invited.pk}").exists()
    shown = console.get(answer.headers["Location"]).content.decode()
    assert f"La invitación a {invited.email} sale en un momento" in shown
    with tenancy.control():
        Delivery.objects.filter(subject_key=f"invitation:{invited.pk}").update(state="accepted")
    ready = console.get(f"{HOME}centros/{slug}/listo").content.decode()
    assert "La invitación salió hacia" in ready
    assert "hx-get" not in ready


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"slug": "operador"}, "No puede ser una dirección"),
        ({"slug": "No Vale"}, "No puede ser una dirección"),
        ({"slug": "x" * 61}, "60"),
        ({"slug": "a--b"}, "No puede ser una dirección"),
        ({"name": "\x01\x02"}, "obligatorio"),
        ({"zone": "Europe/Madrid"}, "no es de ese país"),
        ({"zone": "Mars/Base"}, "no es una de las opciones"),
        ({"country": "XX"}, "no es una de las opciones"),
        ({"store": "no-such"}, "no es una de las opciones"),
        ({"administrator": "sin arroba"}, "No es una dirección de correo"),
    ],
)
def test_a_centre_that_makes_no_sense_is_refused_at_its_field(console, wrong, words):
    before = Placement.objects.count()
    _slug, _given, answer = created(console, **wrong)
    assert answer.status_code == 422
    assert words.casefold() in answer.content.decode().casefold()
    assert Placement.objects.count() == before


def test_a_taken_address_is_told(console, centre):
    _slug, _given, answer = created(console, slug=centre.slug)
    assert (answer.status_code, "ya está tomada" in answer.content.decode()) == (422, True)


def test_a_store_that_cannot_be_written_to_leaves_nothing_behind(console, control):
    store = Store.objects.create(name="no-server", engine="postgresql", address="127.0.0.1:1/x", capacity=5)
    before = Placement.objects.count()
    _slug, _given, answer = created(console, store=store.name)
    assert (answer.status_code, "no responde" in answer.content.decode()) == (422, True)
    Placement.objects.filter(store=store).delete()
    store.delete()
    assert Placement.objects.count() <= before


def test_what_a_killed_creation_left_is_taken_away(console, many):
    half = Placement.objects.create(slug=f"media-{many.pk}", store=many, namespace="m.db", zone="UTC")
    assert queries.row_of(half.slug, at=now()).troubles == ["a medio crear"]
    assert "se cortó antes del final" in console.get(f"{HOME}centros/{half.slug}/").content.decode()
    console.post(f"{HOME}centros/{half.slug}/quitar")
    assert not Placement.objects.filter(pk=half.pk).exists()


def test_one_that_works_is_not_taken_away_so(console, centre):
    console.post(f"{HOME}centros/{centre.slug}/quitar")
    assert Placement.objects.filter(slug=centre.slug).exists()


def test_the_operator_invites_nobody_to_a_centre_that_has_an_administrator(console, centre):
    given = {"administrator": "yo@reservo.example", "administrator_name": "Yo"}
    answer = console.post(f"{HOME}centros/{centre.slug}/administrador", given)
    assert (answer.status_code, "que invite esa persona" in answer.content.decode()) == (422, True)
    with centre.active():
        assert not StaffMember.objects.filter(email="yo@reservo.example").exists()


def test_an_invitation_that_was_lost_is_sent_again(console):
    slug, given, _answer = created(console)
    again = console.post(f"{HOME}centros/{slug}/administrador", {"administrator": given["administrator"]})
    assert again.status_code == 302
    route = directory.find(slug)
    assert Invitation.objects.filter(tenant_id=route.tenant_id).count() == 1
    with tenancy.activate(route):
        assert StaffMember.objects.filter(email=given["administrator"]).count() == 1


# Another state


def change(console, centre, state, **more):
    given = {"state": state, "reason": "Mejora del servidor", "tell": "on", **more}
    return console.post(f"{HOME}centros/{centre.slug}/estado", given)


def test_a_state_changes_with_a_reason_and_its_people_are_told(console, centre):
    assert change(console, centre, "maintenance").status_code == 302
    assert Client().get(centre.url()).status_code == 503
    told = StateChange.objects.filter(tenant_id=centre.route.tenant_id).latest("pk")
    with tenancy.control():
        mailed = Delivery.objects.filter(kind=mails.CENTRE_STATE, subject_key=f"state:{told.pk}")
        assert set(mailed.values_list("to_address", flat=True)) == {
            centre.email(role) for role in ("administrator", "receptionist", "practitioner", "accountant")
        }
        composed = mails.compose_state(mailed.first())
    assert composed.subject == "Clínica de Prueba está en mantención"
    assert "Mejora del servidor" in composed.text
    assert change(console, centre, "active").status_code == 302
    assert Client().get(centre.url()).status_code == 200
    with tenancy.control():
        assert mails.compose_state(mailed.first()) is None


def test_nobody_is_told_if_not_wished(console, centre):
    change(console, centre, "maintenance", tell="")
    told = StateChange.objects.filter(tenant_id=centre.route.tenant_id).latest("pk")
    with tenancy.control():
        assert not Delivery.objects.filter(subject_key=f"state:{told.pk}").exists()


def test_disabling_asks_for_the_address_to_be_typed(console, centre):
    assert change(console, centre, "disabled").status_code == 422
    assert change(console, centre, "disabled", typed="otra").status_code == 422
    assert Placement.objects.get(slug=centre.slug).state == "active"
    assert change(console, centre, "disabled", typed=centre.slug).status_code == 302
    assert Client().get(centre.url()).status_code == 403


@pytest.mark.parametrize("wrong", [{"reason": ""}, {"reason": " "}, {"state": "otro"}, {"reason": "x" * 201}])
def test_a_change_without_its_reason_or_of_no_state_is_refused(console, centre, wrong):
    assert change(console, centre, **{"state": "maintenance", **wrong}).status_code == 422
    assert Placement.objects.get(slug=centre.slug).state == "active"


def test_the_trail_of_both_says_who_what_from_to_and_why(console, olga, centre):
    change(console, centre, "maintenance")
    with tenancy.control():
        line = Action.objects.filter(action="centre.state").latest("pk")
    details = {"from": "active", "to": "maintenance", "reason": "Mejora del servidor"}
    assert (line.actor, line.actor_id, line.actor_name) == ("operator", olga.pk, "Olga Vidal")
    assert line.details == {"name": centre.slug, "told": 4, **details}
    with tenancy.activate(directory.by_id(centre.route.tenant_id)):
        own = Action.objects.filter(action="centre.state").latest("pk")
    assert (own.actor_name, own.channel, own.details) == ("Olga Vidal", "console", details)


def test_the_trail_is_narrowed_by_who_what_about_and_when(console, centre):
    change(console, centre, "maintenance")
    today = now().date().isoformat()
    shown = console.get(
        f"{HOME}registro/?sobre={centre.slug}&que=centre.state&quien=olga&desde={today}&hasta={today}"
    )
    assert "Mejora del servidor" in shown.content.decode()
    for other in ("quien=nadie", "que=centre.created", f"hasta={now().date() - timedelta(days=1)}"):
        page = console.get(f"{HOME}registro/?sobre={centre.slug}&{other}")
        assert "Mejora del servidor" not in page.content.decode()
    for bad in ("desde=2026-02-31", "page=zzz", "que=%00", "hasta=mañana"):
        assert console.get(f"{HOME}registro/?{bad}").status_code == 200


# Loud


def test_a_process_that_is_silent_is_loud_on_every_page(console):
    Heartbeat.objects.filter(kind="keeper").delete()
    assert "«keeper»" in console.get(HOME).content.decode()
    Heartbeat.objects.create(process="keeper:test:1", kind="keeper", at=now())
    assert "«keeper»" not in console.get(HOME).content.decode()
    Heartbeat.objects.filter(process="keeper:test:1").delete()


def test_a_centre_that_is_not_there_is_404(console):
    assert console.get(f"{HOME}centros/no-hay/").status_code == 404
    assert console.post(f"{HOME}centros/no-hay/estado", {}).status_code == 404


def test_creating_by_operation_is_in_the_trail(control):
    slug = f"por-operacion-{now().timestamp():.0f}"
    wanted = centres.Founding(slug=slug, name="Una", country="CL", zone="America/Santiago")
    route = centres.create(wanted, by=SHELL, at=now())
    with tenancy.control():
        line = Action.objects.filter(action="centre.created").latest("pk")
    assert (line.object_id, line.details["name"], line.details["to"]) == (str(route.tenant_id), slug, "Una")
