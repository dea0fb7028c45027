"""A forgotten password and an invitation: links by mail that work once, for a while, for one person."""

import logging
import re
import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import connections
from django.test import Client

from reservo import tenancy
from reservo.accounts import lockout
from reservo.accounts import operations as accounts
from reservo.accounts.models import Invitation, LogInAttempts, Membership, User
from reservo.audit.models import Action
from reservo.core.clock import now
from reservo.notifications import account_mails
from reservo.notifications.models import Delivery
from reservo.staff import operations as staff
from reservo.staff.models import Role, StaffMember
from reservo.tenancy.connections import close_all
from reservo.tenants.operations import set_state
from tests.cast import PASSWORD, STAFF

NEW = "otra-clave-larga-8"
OVER = "El enlace ya no sirve"
SENT = "Si ese correo tiene una cuenta"


@pytest.fixture(autouse=True)
def fresh(control):
    LogInAttempts.objects.all().delete()
    Invitation.objects.all().delete()
    User.objects.filter(email="nora@nueva.example").delete()
    with tenancy.control():
        Delivery.objects.all().delete()


def mails():
    with tenancy.control():
        return list(Delivery.objects.order_by("pk"))


def link_in(mail):
    """The path of the button's address."""
    found = re.search(r"https?://\S+/((?:password|invitation)/\S+)", mail.text)
    assert found[0].startswith(settings.RESERVO_PUBLIC_URL)
    return "/" + found[1]


def asked(email):
    answer = Client().post("/password/forgot", {"email": email})
    with tenancy.control():
        return answer, [account_mails.compose_reset(delivery) for delivery in mails()]


# A forgotten password


def test_a_known_and_an_unknown_address_get_the_same_answer_and_one_gets_a_mail(centre):
    known, letters = asked(f" {centre.email('receptionist').upper()} ")
    unknown, still = asked("nadie@nada.example")
    for answer in (known, unknown):
        assert answer.status_code == 200
        assert SENT in answer.content.decode()
    strip = re.compile(rb'content="[\w]+"|value="[\w]+"')
    assert strip.sub(b"", known.content) == strip.sub(b"", unknown.content)
    assert (len(letters), len(still)) == (1, 1)
    assert mails()[0].to_address == centre.email("receptionist")


def test_asking_again_and_again_does_not_fill_the_mailbox(centre):
    for _ in range(5):
        asked(centre.email("receptionist"))
    assert len(mails()) <= 2  # one a minute


def test_the_link_is_not_kept_anywhere_it_is_made_when_the_mail_leaves(centre):
    asked(centre.email("receptionist"))
    (delivery,) = mails()
    assert set(delivery.context) == {"user_id"}


def test_the_link_opens_a_form_and_opening_it_changes_nothing(centre):
    _, (letter,) = asked(centre.email("receptionist"))
    for _ in range(3):
        shown = Client().get(link_in(letter))
        assert shown.status_code == 200
        assert shown.headers["Referrer-Policy"] == "strict-origin"
        assert shown.headers["Cache-Control"] == "private, no-store"


def test_a_new_password_through_the_link_works_once_and_ends_all_sessions(centre):
    session = centre.client("receptionist")
    _, (letter,) = asked(centre.email("receptionist"))
    changed = Client().post(link_in(letter), {"password": NEW})
    assert changed.headers["Location"] == "/login?cambiada=1"
    assert session.get(centre.url("agenda/")).status_code == 302
    accounts.authenticate(centre.email("receptionist"), NEW, client="", at=now())
    again = Client().post(link_in(letter), {"password": "tercera-clave-larga"})
    assert again.status_code == 404
    assert OVER in again.content.decode()
    accounts.authenticate(centre.email("receptionist"), NEW, client="", at=now())


def test_whoever_waits_after_wrong_passwords_is_in_at_once_with_a_new_one(centre):
    email = centre.email("receptionist")
    for _ in range(lockout.FREE_FAILURES):
        Client().post("/login", {"email": email, "password": "no-es-esta-clave"})
    waiting = Client().post("/login", {"email": email, "password": PASSWORD})
    assert "Con «Olvidé mi contraseña» eliges otra" in waiting.content.decode()
    _, (letter,) = asked(email)
    Client().post(link_in(letter), {"password": NEW})
    assert Client().post("/login", {"email": email, "password": NEW}).status_code == 302


def test_a_link_that_is_over_leads_to_a_new_one(control):
    assert 'href="/password/forgot"' in Client().get("/password/1-abc-def").content.decode()
    invitation = Client().get("/invitation/no-es-un-enlace").content.decode()
    assert "pide otra invitación a quien te invitó" in invitation


def test_a_link_ends_with_the_next_log_in(centre):
    _, (letter,) = asked(centre.email("receptionist"))
    Client().post(centre.url("login"), {"email": centre.email("receptionist"), "password": PASSWORD})
    assert Client().get(link_in(letter)).status_code == 404


def test_a_link_lasts_two_hours(centre):
    user = User.objects.get(email=centre.email("receptionist"))
    generator = PasswordResetTokenGenerator()
    seconds = generator._num_seconds(generator._now())
    for age, status in (
        (settings.PASSWORD_RESET_TIMEOUT - 30, 200),
        (settings.PASSWORD_RESET_TIMEOUT + 30, 404),
    ):
        token = generator._make_token_with_timestamp(user, seconds - age, settings.SECRET_KEY)
        assert Client().get(f"/password/{user.pk}-{token}").status_code == status
    assert settings.PASSWORD_RESET_TIMEOUT == 2 * 3600


@pytest.mark.parametrize(
    "token", ["x", "1-", "-", "99999999999999999999-abc", "1-abc-def", "١-abc", "1" * 300]
)
def test_an_altered_link_is_a_page_that_helps(control, token):
    answer = Client().get(f"/password/{token}")
    assert answer.status_code == 404
    assert OVER in answer.content.decode()


def test_another_users_number_in_the_link_opens_nothing(centre):
    _, (letter,) = asked(centre.email("receptionist"))
    victim = User.objects.get(email=centre.email("administrator"))
    altered = re.sub(r"/password/\d+-", f"/password/{victim.pk}-", link_in(letter))
    assert Client().post(altered, {"password": NEW}).status_code == 404


def test_a_weak_password_keeps_the_link_good(centre):
    _, (letter,) = asked(centre.email("receptionist"))
    weak = Client().post(link_in(letter), {"password": "corta"})
    assert weak.status_code == 422
    assert "Usa al menos 10 caracteres." in weak.content.decode()
    assert Client().get(link_in(letter)).status_code == 200


def test_a_user_who_may_not_enter_gets_no_link(centre):
    User.objects.filter(email=centre.email("receptionist")).update(is_active=False)
    answer, letters = asked(centre.email("receptionist"))
    assert SENT in answer.content.decode()
    assert letters == []


def test_the_secret_of_a_link_is_in_no_log_line(centre):
    from reservo.config import logs

    lines = []

    class Kept(logging.Handler):
        def emit(self, record):
            lines.append(self.format(record))

    handler = Kept()
    handler.setFormatter(logs.formatter())
    root, requests = logging.getLogger(), logging.getLogger("reservo.requests")
    root.addHandler(handler)
    before = requests.level
    requests.setLevel(logging.INFO)
    try:
        _, (letter,) = asked(centre.email("receptionist"))
        Client().get(link_in(letter))
        logging.getLogger("django.request").error("Internal Server Error: %s", link_in(letter))
    finally:
        root.removeHandler(handler)
        requests.setLevel(before)
    assert lines
    token = link_in(letter).rpartition("/")[2]
    assert [line for line in lines if token in line] == []


# An invitation


@pytest.fixture
def invite(centre):
    def send(email="nora@nueva.example", role="receptionist"):
        with centre.active():
            place = staff.Place(role_id=Role.objects.get(builtin=role).pk)
            return staff.invite("Nora Paz", email, place, by=STAFF, at=now())

    return send


def letter_to(email):
    with tenancy.control():
        (delivery,) = Delivery.objects.filter(to_address=email).order_by("-pk")[:1]
        return account_mails.compose_invitation(delivery)


def accept(link, name="Nora Paz", password=NEW, client=None):
    return (client or Client()).post(link, {"name": name, "password": password})


def test_an_invited_person_accepts_and_is_inside(centre, invite):
    member = invite()
    letter = letter_to("nora@nueva.example")
    shown = Client().get(link_in(letter))
    assert "Te invitaron a Clínica de Prueba" in shown.content.decode()
    assert 'name="name" value="Nora Paz"' in shown.content.decode()
    assert shown.headers["Referrer-Policy"] == "strict-origin"
    client = Client()
    entered = accept(link_in(letter), client=client)
    assert entered.headers["Location"] == centre.url("agenda/")
    assert client.get(centre.url("agenda/")).status_code == 200
    with centre.active():
        member.refresh_from_db()
        assert Action.objects.filter(action="staff.joined", object_id=str(member.pk)).count() == 1
    user = User.objects.get(email="nora@nueva.example")
    assert member.user_id == user.pk
    assert Membership.objects.filter(user=user, tenant_id=centre.route.tenant_id).count() == 1


def test_an_invitation_works_once(centre, invite):
    invite()
    link = link_in(letter_to("nora@nueva.example"))
    accept(link)
    for again in (Client().get(link), accept(link, password="tercera-clave-larga")):
        assert again.status_code == 404
        assert OVER in again.content.decode()


def test_two_who_accept_at_once_are_one(centre, invite):
    invite()
    link, answers = link_in(letter_to("nora@nueva.example")), []

    def one():
        answers.append(accept(link).status_code)
        close_all()
        connections["default"].close()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(answers).count(302) >= 1
    assert set(answers) <= {302, 404, 422}
    assert User.objects.filter(email="nora@nueva.example").count() == 1
    with centre.active():
        assert Action.objects.filter(action="staff.joined").count() == 1


def test_an_invitation_lasts_seven_days(centre, invite):
    invite()
    link = link_in(letter_to("nora@nueva.example"))
    invited = Invitation.objects.get(email="nora@nueva.example")
    assert abs(invited.expires_at - now() - timedelta(days=7)) < timedelta(minutes=1)
    Invitation.objects.filter(pk=invited.pk).update(expires_at=now())
    assert accept(link).status_code == 404


def test_a_second_invitation_ends_the_first(centre, invite):
    member = invite()
    first = link_in(letter_to("nora@nueva.example"))
    with centre.active():
        staff.renew_invitation(member, at=now())
    second = link_in(letter_to("nora@nueva.example"))
    assert Client().get(first).status_code == 404
    assert accept(second).status_code == 302


def test_a_known_person_accepts_with_the_password_they_have(centre, other, invite):
    email = other.email("receptionist")
    invite(email)
    link = link_in(letter_to(email))
    assert "acepta con tu contraseña de siempre" in Client().get(link).content.decode()
    wrong = accept(link, password=NEW)
    assert wrong.status_code == 422
    assert "Ya tienes cuenta" in wrong.content.decode()
    assert accept(link, password=PASSWORD).headers["Location"] == centre.url("agenda/")
    assert User.objects.get(email=email).check_password(PASSWORD)


def test_guessing_a_known_persons_password_through_an_invitation_is_locked_out(centre, other, invite):
    email = other.email("receptionist")
    invite(email)
    link = link_in(letter_to(email))
    for _ in range(5):
        accept(link, password="no-es-esta-clave")
    refused = accept(link, password=PASSWORD)
    assert refused.status_code == 422
    assert "Demasiados intentos" in refused.content.decode()


def test_a_weak_password_is_refused_and_nobody_is_made(centre, invite):
    invite()
    link = link_in(letter_to("nora@nueva.example"))
    assert accept(link, password="corta").status_code == 422
    assert not User.objects.filter(email="nora@nueva.example").exists()
    assert accept(link).status_code == 302


def test_who_was_let_go_before_accepting_is_not_let_in(centre, invite):
    member = invite()
    link = link_in(letter_to("nora@nueva.example"))
    with centre.active(), tenancy.atomic():
        StaffMember.objects.filter(pk=member.pk).update(is_active=False)
    assert accept(link).status_code == 404
    assert not Membership.objects.filter(
        tenant_id=centre.route.tenant_id, user__email="nora@nueva.example"
    ).exists()


def test_a_crash_in_the_middle_can_be_repeated(centre, invite, monkeypatch):
    invite()
    link = link_in(letter_to("nora@nueva.example"))
    monkeypatch.setattr(accounts, "join", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        accept(link)
    monkeypatch.undo()
    assert accept(link).headers["Location"] == centre.url("agenda/")


def test_a_centre_that_is_closed_takes_nobody_in(centre, invite):
    invite()
    link = link_in(letter_to("nora@nueva.example"))
    set_state(centre.slug, "disabled", reason="", at=now())
    assert accept(link).status_code == 404


@pytest.mark.parametrize("token", ["x", "1:abc", "999999:x", "1", "a" * 400])
def test_an_altered_invitation_is_a_page_that_helps(control, token):
    answer = Client().get(f"/invitation/{token}")
    assert answer.status_code == 404
    assert OVER in answer.content.decode()
