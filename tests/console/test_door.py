"""Getting into the console: two factors, a session of its own, and nothing of a centre's opens it."""

import io
import re
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from reservo import console as console_app
from reservo import tenancy
from reservo.accounts import operations as accounts
from reservo.accounts.models import Session, User
from reservo.audit.models import Action
from reservo.console import totp
from reservo.console.models import Operator, RecoveryCode
from reservo.console.operations import operators
from reservo.core.clock import now
from tests.cast import PASSWORD
from tests.console.cast import HOME, SHELL, browser, code_of, hidden, make_operator

WRONG = "El correo o la contraseña no son correctos."
WRONG_CODE = "Ese código no sirve."


def give_password(client, operator, password=PASSWORD, **more):
    return client.post(f"{HOME}entrar", {"email": operator.email, "password": password, **more})


def give_code(client, asked, code):
    return client.post(f"{HOME}entrar/codigo", {"proof": hidden(asked, "proof"), "code": code})


# RFC 6238, appendix B


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(seconds, code):
    seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert totp.code_at(seed, seconds // 30) == code


# Two factors


def test_password_and_code_open_the_list_of_centres(olga):
    client = Client()
    asked = give_password(client, olga)
    assert (asked.status_code, "reservo_session" in client.cookies) == (200, False)
    answer = give_code(client, asked, code_of(olga))
    assert (answer.status_code, answer.headers["Location"]) == (302, HOME)
    assert client.get(HOME).status_code == 200


def test_the_password_alone_opens_nothing(olga):
    client = Client()
    give_password(client, olga)
    assert client.get(HOME).status_code == 302


def test_a_wrong_password_and_an_unknown_mail_get_the_same_answer(olga):
    for email in (olga.email, "nadie@nada.example"):
        answer = Client().post(f"{HOME}entrar", {"email": email, "password": "una-clave-que-no-es"})
        assert (answer.status_code, WRONG in answer.content.decode()) == (422, True)


def test_a_code_works_once(olga):
    code = code_of(olga)
    first, second = Client(), Client()
    assert give_code(first, give_password(first, olga), code).status_code == 302
    answer = give_code(second, give_password(second, olga), code)
    assert (answer.status_code, WRONG_CODE in answer.content.decode()) == (422, True)


@pytest.mark.parametrize("steps", [-5, 5])
def test_a_code_of_another_time_does_not(olga, steps):
    client = Client()
    assert give_code(client, give_password(client, olga), code_of(olga, steps=steps)).status_code == 422


def test_a_recovery_code_stands_in_once(olga):
    RecoveryCode.objects.create(operator=olga, digest=totp.digest_of("abcde-fghjk"))
    first, second = Client(), Client()
    assert give_code(first, give_password(first, olga), "ABCDE-FGHJK").status_code == 302
    assert give_code(second, give_password(second, olga), "abcde-fghjk").status_code == 422


def test_guessing_codes_is_locked_out_also_when_the_password_is_given_in_between(olga):
    client = Client()
    for _ in range(5):
        asked = give_password(client, olga)
        if not hidden(asked, "proof"):
            break
        give_code(client, asked, "000000")
    assert "Demasiados intentos" in give_password(client, olga).content.decode()


def test_the_proof_of_the_first_factor_is_worth_nothing_altered_or_after_a_reset(olga):
    client = Client()
    asked = give_password(client, olga)
    altered = client.post(
        f"{HOME}entrar/codigo", {"proof": hidden(asked, "proof") + "x", "code": code_of(olga)}
    )
    assert altered.headers["Location"] == f"{HOME}entrar"
    code = code_of(olga)
    operators.reset(olga, by=SHELL, at=now())
    assert give_code(client, asked, code).headers["Location"] == f"{HOME}entrar"


def test_who_has_no_second_factor_enters_a_demo_alone(olga):
    Operator.objects.filter(pk=olga.pk).update(sealed_seed="")
    answer = give_password(Client(), olga)
    assert (answer.status_code, "Falta tu segundo factor" in answer.content.decode()) == (422, True)
    with override_settings(RESERVO_DEMO=True):
        assert give_password(Client(), olga).status_code == 302


@pytest.mark.parametrize(
    "wanted", ["https://malo.example/", "//malo.example/", "/otro/agenda/", "javascript:1"]
)
def test_after_the_log_in_one_goes_on_inside_the_console_alone(olga, wanted):
    client = Client()
    asked = give_password(client, olga, next=wanted)
    answer = client.post(
        f"{HOME}entrar/codigo", {"proof": hidden(asked, "proof"), "code": code_of(olga), "next": wanted}
    )
    assert answer.headers["Location"] == HOME


def test_the_seed_rests_sealed_and_recovery_codes_hashed(olga):
    seed = operators._unsealed(olga)
    assert seed not in olga.sealed_seed
    other = make_operator()
    other.sealed_seed = olga.sealed_seed
    with pytest.raises(operators.sealing.CannotUnseal):
        operators._unsealed(other)


# The session


def test_the_cookie_is_the_consoles_and_out_of_reach_of_scripts(console):
    cookie = console.cookies["reservo_session"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/operador", True, "Lax")


def test_a_session_of_the_console_opens_nothing_in_a_centre(console, centre):
    client = Client()
    client.cookies["reservo_session"] = console.cookies["reservo_session"].value
    for path in ("agenda/", "pacientes/", "usuarios/"):
        assert client.get(centre.url(path)).status_code == 302


def test_a_session_of_a_centre_opens_nothing_in_the_console(centre):
    client = centre.client("administrator")
    answer = client.get(HOME)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{HOME}entrar?next=%2Foperador%2F")


def test_an_operator_and_a_user_of_one_mail_are_two(centre):
    """The password of the one is not that of the other."""
    email = centre.email("administrator")
    answer = Client().post(f"{HOME}entrar", {"email": email, "password": PASSWORD})
    assert answer.status_code == 422
    made = make_operator()
    assert not User.objects.filter(email=made.email).exists()
    with pytest.raises(accounts.WrongCredentials):
        accounts.authenticate(made.email, PASSWORD, client="", at=now())


def aged(console, **changes):
    store = accounts.SessionStore(console.cookies["reservo_session"].value)
    store.update({name: (now() - age).isoformat() for name, age in changes.items()})
    store.save()


def test_a_session_left_idle_ends(console):
    aged(console, operator_seen=timedelta(minutes=31))
    assert console.get(HOME).status_code == 302
    assert not Session.objects.filter(pk=console.cookies["reservo_session"].value).exists()


def test_a_session_ends_after_a_working_day_however_busy(console):
    aged(console, operator_began=timedelta(hours=10, minutes=1))
    assert console.get(HOME).status_code == 302


def test_use_keeps_a_session_alive(console):
    aged(console, operator_seen=timedelta(minutes=20))
    console.get(HOME)
    aged(console, operator_began=timedelta(hours=1))
    assert console.get(HOME).status_code == 200
    seen = accounts.SessionStore(console.cookies["reservo_session"].value)["operator_seen"]
    assert seen > (now() - timedelta(minutes=1)).isoformat()


def test_disabling_or_resetting_ends_every_session_at_once(console, olga, raul):
    operators.disable(olga, by=SHELL, at=now())
    assert console.get(HOME).status_code == 302
    other = browser(raul)
    operators.reset(raul, by=SHELL, at=now())
    assert other.get(HOME).status_code == 302


def test_leaving_ends_it(console):
    assert console.post(f"{HOME}salir").headers["Location"] == f"{HOME}entrar"
    assert console.get(HOME).status_code == 302


def test_scripts_of_nobody_get_401_with_the_way_to_the_log_in(control):
    by_htmx = Client().get(HOME, headers={"HX-Request": "true"})
    assert by_htmx.status_code == 401
    assert "HX-Redirect" not in by_htmx.headers  # a form may stand open in the page
    by_fetch = Client().get(HOME, headers={"Accept": "application/json"})
    assert by_fetch.json()["login"].startswith(f"{HOME}entrar")


def test_a_form_that_came_too_late_leads_back_to_the_page_it_stood_in(control):
    sent = partial(Client().post, f"{HOME}centros/uno/respaldar")
    log_in = f"{HOME}entrar?next=%2Foperador%2F"
    page = sent(headers={"Referer": f"http://testserver{HOME}respaldos/?centro=uno"})
    assert page.headers["Location"] == f"{log_in}respaldos%2F%3Fcentro%3Duno"
    elsewhere = sent(headers={"Referer": f"http://evil.example{HOME}respaldos/"})
    assert elsewhere.headers["Location"] == f"{log_in}centros%2Funo%2Frespaldar"


def test_a_page_that_was_open_for_long_gets_a_fresh_proof(console):
    answer = console.get(f"{HOME}sesion", headers={"Accept": "application/json"})
    assert len(answer.json()["proof"]) == 64
    assert Client().get(f"{HOME}sesion", headers={"Accept": "application/json"}).status_code == 401


def test_every_form_asks_for_the_session_before_it_leaves_the_page():
    doors = {"log_in.html", "code.html", "invitation.html"}
    folder = Path(console_app.__file__).parent / "templates" / "console"
    unguarded = [
        (page.name, form)
        for page in folder.iterdir()
        if page.name not in doors
        for form in re.findall(r'<form\b(?:{%.*?%}|[^>])*method="post"(?:{%.*?%}|[^>])*>', page.read_text())
        if not re.search("data-guard|hx-post|console:logout", form)
    ]
    assert unguarded == []


# Invitations


def link_of(text):
    return re.search(r"/operador/invitacion/[\w:-]+", text)[0]


def command(*words):
    out = io.StringIO()
    call_command("operators", *words, stdout=out)
    return out.getvalue()


def accept(client, path, **more):
    shown = client.get(path)
    seed = re.search(r"secret=([A-Z2-7]+)", shown.content.decode())[1]
    code = totp.code_at(seed, int(now().timestamp()) // totp.STEP_SECONDS)
    given = {"name": "Nora Paz", "password": PASSWORD, "seed": hidden(shown, "seed"), "code": code}
    return client.post(path, {**given, **more})


def codes_of(answer):
    return re.findall(r"<li><code>([\w-]+)</code>", answer.content.decode())


def test_the_first_operator_is_made_in_the_shell_and_comes_in_by_a_link(control):
    email = f"primera-{now().timestamp()}@reservo.example"
    path = link_of(command("create", email, "--name", "Nora"))
    client = Client()
    answer = accept(client, path)
    assert answer.status_code == 200
    assert len(codes_of(answer)) == totp.RECOVERY_CODES
    assert client.get(HOME).status_code == 200
    assert Client().get(path).status_code == 404
    assert f"{email:40} active" in command("list")


def test_a_recovery_code_of_the_invitation_works(control):
    made = operators.invite(f"rec-{now().timestamp()}@reservo.example", name="Eva", by=SHELL, at=now())
    codes = codes_of(accept(Client(), link_of(operators.invitation_link(made))))
    client = Client()
    assert give_code(client, give_password(client, made), codes[3]).status_code == 302


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"code": "000000"}, WRONG_CODE),
        ({"password": "corta"}, "al menos 10"),
        ({"seed": "otra cosa"}, WRONG_CODE),
        ({"name": ""}, "obligatorio"),
    ],
)
def test_an_invitation_that_is_answered_badly_stays_open(control, given, words):
    made = operators.invite(f"mal-{now().timestamp()}@reservo.example", name="Eva", by=SHELL, at=now())
    path = link_of(operators.invitation_link(made))
    answer = accept(Client(), path, **given)
    assert answer.status_code == 422
    assert words.casefold() in answer.content.decode().casefold()
    assert accept(Client(), path).status_code == 200


def test_of_two_who_answer_one_invitation_at_once_the_first_stays(control):
    made = operators.invite(f"par-{now().timestamp()}@reservo.example", name="Eva", by=SHELL, at=now())
    token = operators.invitation_token(made)
    first, second = operators.invited_by(token), operators.invited_by(token)
    seeds = [totp.new_seed(), totp.new_seed()]
    codes = [totp.code_at(seed, int(now().timestamp()) // totp.STEP_SECONDS) for seed in seeds]
    operators.accept(first, name="Eva", password=PASSWORD, seed=seeds[0], code=codes[0], at=now())
    with pytest.raises(operators.InvitationOver):
        operators.accept(second, name="Mala", password=PASSWORD, seed=seeds[1], code=codes[1], at=now())
    assert operators._unsealed(Operator.objects.get(pk=made.pk)) == seeds[0]


def test_a_newer_link_ends_the_older_one(control):
    made = operators.invite(f"dos-{now().timestamp()}@reservo.example", name="Eva", by=SHELL, at=now())
    older = link_of(operators.invitation_link(made))
    newer = link_of(command("reset", made.email))
    assert (Client().get(older).status_code, Client().get(newer).status_code) == (404, 200)


def test_what_the_shell_cannot_do_it_says(olga):
    with pytest.raises(CommandError, match="no address of mail"):
        command("create", "sin arroba")
    with pytest.raises(CommandError, match="is there already"):
        command("create", olga.email)
    with pytest.raises(CommandError, match="there is no operator"):
        command("disable", "nadie@reservo.example")


def test_the_last_one_who_can_enter_stays(olga):
    Operator.objects.exclude(pk=olga.pk).update(is_active=False)
    with pytest.raises(CommandError, match="nobody could enter"):
        command("disable", olga.email)


def test_coming_in_and_every_change_of_people_is_in_the_trail(olga, raul):
    browser(raul)
    operators.disable(olga, by=operators.actor(raul), at=now())
    with tenancy.control():
        rows = list(Action.objects.order_by("-pk").values_list("actor_name", "action", "details__name")[:2])
    assert rows == [
        ("Raúl Pinto", "operator.disabled", olga.email),
        ("Raúl Pinto", "session.opened", raul.email),
    ]
