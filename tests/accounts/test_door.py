"""Logging in and out: what opens, what does not, and what it gives away."""

import re
import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client, override_settings

from reservo import tenancy
from reservo.accounts import lockout
from reservo.accounts import operations as accounts
from reservo.accounts.models import LogInAttempts, Membership, Session, User
from reservo.accounts.operations import WrongCredentials
from reservo.audit.models import Action
from reservo.core.clock import now
from reservo.tenants.operations import set_state
from tests.cast import PASSWORD

WRONG = "El correo o la contraseña no son correctos."


@pytest.fixture(autouse=True)
def fresh_attempts(control):
    LogInAttempts.objects.all().delete()


def log_in(client, cast, email=None, password=PASSWORD, **more):
    given = {"email": email or cast.email("receptionist"), "password": password, **more}
    return client.post(cast.url("login"), given)


def test_mail_and_password_open_the_agenda(centre):
    client = Client()
    answer = log_in(client, centre, f"  {centre.email('receptionist').upper()} ")
    assert (answer.status_code, answer.headers["Location"]) == (302, centre.url("agenda/"))
    assert client.get(centre.url("agenda/")).status_code == 200


def test_a_log_in_is_in_the_trail(centre):
    log_in(Client(), centre)
    with centre.active():
        assert Action.objects.filter(action="session.opened").values_list("actor_name").get() == (
            "Receptionist",
        )


@pytest.mark.parametrize("path", ["{}login", "/login"])
def test_a_wrong_password_and_an_unknown_mail_get_the_same_answer(centre, other, path):
    client = Client()
    address = path.format(centre.url()) if "{" in path else path
    answers = [
        client.post(address, {"email": email, "password": "una-clave-que-no-es"})
        for email in (centre.email("receptionist"), "nadie@nada.example")
    ]
    for answer in answers:
        assert answer.status_code == 422
        assert WRONG in answer.content.decode()
        assert "reservo_session" not in answer.cookies


def test_a_stranger_with_the_right_password_is_told_kindly_and_led_to_their_own_centre(centre, other):
    client = Client()
    answer = log_in(client, centre, other.email("administrator"))
    page = answer.content.decode()
    assert (answer.status_code, WRONG in page) == (422, False)
    assert "tu cuenta no tiene acceso a Clínica de Prueba" in page
    assert (f'value="{other.slug}"' in page, f'value="{centre.slug}"' in page) == (True, False)
    assert "reservo_session" not in answer.cookies
    entered = client.post("/login/choose", {"proof": proof_in(answer), "centre": other.slug})
    assert entered.headers["Location"] == other.url("agenda/")


def test_without_the_right_password_a_stranger_is_told_nothing(centre, other):
    answers = [
        log_in(Client(), centre, email, "una-clave-que-no-es")
        for email in (other.email("administrator"), centre.email("administrator"), "nadie@nada.example")
    ]
    pages = {re.sub(r'value="[^"]*"', "", answer.content.decode()) for answer in answers}
    pages = {re.sub(r'content="[^"]*"', "", page) for page in pages}
    assert len(pages) == 1
    assert WRONG in pages.pop()


@pytest.mark.parametrize("path", ["{}login", "/login"])
def test_who_is_in_no_centre_any_more_is_told_whom_to_ask(centre, path):
    user = User.objects.get(email=centre.email("receptionist"))
    Membership.objects.filter(user=user).delete()
    answer = Client().post(path.format(centre.url()), {"email": user.email, "password": PASSWORD})
    page = answer.content.decode()
    assert (answer.status_code, "no tiene acceso a" in page, "que te invite" in page) == (422, True, True)
    assert "reservo_session" not in answer.cookies


def test_a_user_who_may_not_enter_any_more_gets_it_as_well(centre):
    User.objects.filter(email=centre.email("receptionist")).update(is_active=False)
    assert WRONG in log_in(Client(), centre).content.decode()


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("pacientes/?q=ana", "pacientes/?q=ana"),
        ("https://malo.example/", "agenda/"),
        ("//malo.example/", "agenda/"),
        ("/otro-centro/agenda/", "agenda/"),
        ("javascript:alert(1)", "agenda/"),
    ],
)
def test_after_the_log_in_one_goes_on_where_one_wanted_but_never_elsewhere(centre, wanted, reached):
    answer = log_in(Client(), centre, next=centre.url(wanted) if wanted.startswith("p") else wanted)
    assert answer.headers["Location"] == centre.url(reached)


def test_a_failed_attempt_remembers_where_one_wanted_to_go(centre):
    wanted = centre.url("pacientes/")
    answer = log_in(Client(), centre, password="no-es-esta-clave", next=wanted)
    assert f'value="{wanted}"' in answer.content.decode()


# The session


def test_the_cookie_is_the_centres_and_out_of_reach_of_scripts(centre):
    client = Client()
    log_in(client, centre)
    cookie = client.cookies["reservo_session"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (centre.url(), True, "Lax")


@override_settings(SESSION_COOKIE_SECURE=True, CSRF_COOKIE_SECURE=True)
def test_the_cookie_is_for_https_alone_where_that_is_the_address(centre):
    client = Client()
    shown = client.get(centre.url("login"))
    answer = log_in(client, centre)
    assert answer.cookies["reservo_session"]["secure"]
    assert shown.cookies["reservo_csrf"]["secure"]


def test_a_session_planted_before_the_log_in_is_worth_nothing_after_it(centre):
    planted = accounts.SessionStore()
    planted["x"] = 1
    planted.create()
    client = Client()
    client.cookies["reservo_session"] = planted.session_key
    log_in(client, centre)
    assert client.cookies["reservo_session"].value != planted.session_key
    assert not Session.objects.filter(session_key=planted.session_key).exists()
    thief = Client()
    thief.cookies["reservo_session"] = planted.session_key
    assert thief.get(centre.url("agenda/")).status_code == 302


def test_logging_in_again_ends_the_session_this_browser_had(centre):
    client = Client()
    log_in(client, centre)
    before = client.cookies["reservo_session"].value
    log_in(client, centre)
    assert not Session.objects.filter(session_key=before).exists()
    assert client.get(centre.url("agenda/")).status_code == 200


def test_the_session_of_one_centre_is_useless_in_another_even_of_the_same_person(centre, other):
    user = User.objects.get(email=centre.email("receptionist"))
    accounts.join(user, other.route.tenant_id)
    client = Client()
    log_in(client, centre)
    assert client.get(other.url("agenda/")).status_code == 404


def test_logging_out_ends_the_session_on_the_server(centre):
    client = Client()
    log_in(client, centre)
    key = client.cookies["reservo_session"].value
    assert client.post(centre.url("logout")).status_code == 302
    assert not Session.objects.filter(session_key=key).exists()
    thief = Client()
    thief.cookies["reservo_session"] = key
    assert thief.get(centre.url("agenda/")).status_code == 302


def test_who_leaves_the_centre_is_out_at_once(centre):
    client = Client()
    log_in(client, centre)
    user = User.objects.get(email=centre.email("receptionist"))
    accounts.leave(user.pk, centre.route.tenant_id)
    assert client.get(centre.url("agenda/")).status_code == 302


def test_a_session_without_a_membership_or_without_a_staff_row_opens_nothing(centre):
    client = centre.client("receptionist")
    user = User.objects.get(email=centre.email("receptionist"))
    Membership.objects.filter(user=user).delete()
    assert client.get(centre.url("agenda/")).status_code == 302
    accounts.join(user, centre.route.tenant_id)
    assert client.get(centre.url("agenda/")).status_code == 200
    with centre.active(), tenancy.atomic():
        from reservo.staff.models import StaffMember

        StaffMember.objects.filter(user_id=user.pk).update(is_active=False)
    assert client.get(centre.url("agenda/")).status_code == 302


def test_an_expired_session_opens_nothing(centre):
    client = centre.client("receptionist")
    key = client.cookies["reservo_session"].value
    Session.objects.filter(session_key=key).update(expire_date=now() - timedelta(seconds=1))
    assert client.get(centre.url("agenda/")).status_code == 302


# Lock-out


def attempts(client, email, count, password="no-es-esta-clave", address="10.0.0.1"):
    return [
        client.post("/login", {"email": email, "password": password}, REMOTE_ADDR=address)
        for _ in range(count)
    ][-1]


@pytest.mark.parametrize("known", [True, False])
def test_after_five_failures_an_account_waits_whether_it_exists_or_not(centre, known):
    email = centre.email("receptionist") if known else "nadie@nada.example"
    attempts(Client(), email, lockout.FREE_FAILURES)
    answer = attempts(Client(), email, 1, password=PASSWORD, address="10.9.9.9")
    assert answer.status_code == 422
    assert "Demasiados intentos. Vuelve a probar en 1 min." in answer.content.decode()
    assert attempts(Client(), centre.email("administrator"), 1, password=PASSWORD).status_code == 302


def test_one_address_that_tries_many_accounts_waits_too(centre):
    for number in range(lockout.FREE_FAILURES_OF_CLIENT):
        attempts(Client(), f"n{number}@nada.example", 1, address="10.0.0.7")
    refused = attempts(Client(), centre.email("receptionist"), 1, password=PASSWORD, address="10.0.0.7")
    assert "Demasiados intentos" in refused.content.decode()
    assert (
        attempts(Client(), centre.email("receptionist"), 1, password=PASSWORD, address="10.0.0.8").status_code
        == 302
    )


def test_the_wait_grows_and_ends(control):
    at = now()
    waits = []
    for _ in range(16):
        lockout.note_failure("ana@uno.example", "10.0.0.1", at=at)
        row = LogInAttempts.objects.get(key=lockout._key("mail", "ana@uno.example"))
        waits.append((row.locked_until - at).total_seconds() if row.locked_until else 0)
    assert waits[:8] == [0, 0, 0, 0, 30, 60, 120, 240]
    assert waits[-1] == lockout.LONGEST_WAIT.total_seconds()
    with pytest.raises(lockout.LockedOut):
        lockout.refuse_locked(
            "ANA@uno.example", "10.0.0.2", at=at + lockout.LONGEST_WAIT - timedelta(seconds=1)
        )
    lockout.refuse_locked("ana@uno.example", "10.0.0.2", at=at + lockout.LONGEST_WAIT)


def test_failures_are_forgotten_after_an_hour_or_a_success(centre):
    at = now()
    email = centre.email("receptionist")
    for _ in range(4):
        lockout.note_failure(email, "10.0.0.1", at=at - timedelta(hours=2))
    lockout.note_failure(email, "10.0.0.1", at=at)
    assert LogInAttempts.objects.get(key=lockout._key("mail", email)).failures == 1
    accounts.authenticate(email, PASSWORD, client="10.0.0.1", at=at)
    assert not LogInAttempts.objects.filter(key=lockout._key("mail", email)).exists()


def test_failures_at_once_are_all_counted(centre):
    email = centre.email("receptionist")

    def fail():
        with pytest.raises((WrongCredentials, lockout.LockedOut)):
            accounts.authenticate(email, "no-es-esta-clave", client="10.0.0.1", at=now())
        connections["default"].close()

    threads = [threading.Thread(target=fail) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    counted = LogInAttempts.objects.get(key=lockout._key("mail", email)).failures
    assert lockout.FREE_FAILURES <= counted <= 8


def test_neither_mail_nor_address_is_kept_of_failures(control):
    lockout.note_failure("ana@uno.example", "10.0.0.1", at=now())
    kept = " ".join(LogInAttempts.objects.values_list("key", flat=True))
    assert "ana" not in kept
    assert "10.0" not in kept


# Two centres


@pytest.fixture
def of_two(centre, other):
    """The receptionist of one centre works in the other as well."""
    from reservo.config.centres import person

    email = centre.email("receptionist")
    person(other.route, email, "Receptionist", PASSWORD, builtin="accountant", at=now())
    return email


def choose_page(email):
    client = Client()
    return client, client.post("/login", {"email": email, "password": PASSWORD})


def proof_in(answer):
    return re.search(r'name="proof" value="([^"]+)"', answer.content.decode())[1]


def test_a_user_of_two_centres_chooses_by_their_names(centre, other, of_two):
    client, answer = choose_page(of_two)
    assert answer.status_code == 200
    pattern = r'name="centre" value="([^"]+)">\s*<span>([^<]+)<small[^>]*>([^<]+)<'
    offered = re.findall(pattern, answer.content.decode())
    assert offered == [(one.slug, "Clínica de Prueba", one.slug) for one in (centre, other)]
    entered = client.post("/login/choose", {"proof": proof_in(answer), "centre": other.slug})
    assert entered.headers["Location"] == other.url("agenda/")
    assert client.cookies["reservo_session"]["path"] == other.url()


def test_who_is_in_one_of_them_finds_the_other_in_the_own_account(centre, other, of_two):
    client = Client()
    client.post(centre.url("login"), {"email": of_two, "password": PASSWORD})
    assert f'href="{other.url("agenda/")}"' in client.get(centre.url("cuenta/")).content.decode()
    alone = centre.client("administrator").get(centre.url("cuenta/")).content.decode()
    assert "Tus otros centros" not in alone


def test_at_the_door_of_one_of_them_there_is_nothing_to_choose(centre, other, of_two):
    assert log_in(Client(), other, of_two).headers["Location"] == other.url("agenda/")


def test_a_centre_that_is_disabled_is_not_offered(centre, other, of_two):
    set_state(other.slug, "disabled", reason="", at=now())
    _client, answer = choose_page(of_two)
    assert answer.headers["Location"] == centre.url("agenda/")


@pytest.mark.parametrize("proof", ["", "x", "WzEsIngiXQ:abc:def"])
def test_a_choice_without_its_proof_leads_back_to_the_door(centre, proof):
    answer = Client().post("/login/choose", {"proof": proof, "centre": centre.slug})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login")


def test_a_choice_of_a_strange_centre_or_after_a_new_password_leads_back(centre, other, of_two):
    client, answer = choose_page(of_two)
    stranger = client.post("/login/choose", {"proof": proof_in(answer), "centre": "no-es-suyo"})
    assert stranger.headers["Location"] == "/login"
    accounts.set_password(User.objects.get(email=of_two), "otra-clave-larga-8")
    late = client.post("/login/choose", {"proof": proof_in(answer), "centre": centre.slug})
    assert late.headers["Location"] == "/login"
