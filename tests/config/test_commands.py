"""What an operator types: it works, or says in one sentence why not."""

import io
import json
import sys
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from reservo import tenancy
from reservo.accounts import operations as accounts
from reservo.accounts.models import Invitation, Membership, User
from reservo.core.clock import now
from reservo.staff import rights
from reservo.staff.models import StaffMember
from reservo.tenancy import connections, directory, namespaces
from reservo.tenancy.models import Placement
from reservo.tenants import founding, operations
from reservo.tenants.models import StateChange, Tenant
from tests.cast import PASSWORD

SLUG = "por-comando"


def run(*words, stdin=None, monkeypatch=None):
    out = io.StringIO()
    if stdin is not None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
    call_command(*words, stdout=out)
    return out.getvalue()


@pytest.fixture
def clean(control):
    yield
    connections.close_all()
    for placement in Placement.objects.filter(slug=SLUG):
        Membership.objects.filter(tenant_id=placement.pk).delete()
        Tenant.objects.filter(pk=placement.pk).delete()
        namespaces.remove(placement.route())
        placement.delete()
    User.objects.filter(email="jefa@nueva.example").delete()
    directory.forget()


def create(*more, slug=SLUG, **options):
    return run("tenants", "create", slug, "--name", "Clínica Nueva", *more, **options)


def test_a_centre_is_created_with_its_first_administrator(clean, monkeypatch):
    words = ("--admin-email", "jefa@nueva.example", "--admin-name", "Eva", "--password-stdin")
    said = create(*words, stdin=f"{PASSWORD}\n", monkeypatch=monkeypatch)
    assert said == f"{SLUG} is ready\n"
    with tenancy.activate(directory.find(SLUG)):
        member = StaffMember.objects.get()
        assert (member.name, member.role.builtin) == ("Eva", rights.ADMINISTRATOR)
    assert User.objects.get(email="jefa@nueva.example").check_password(PASSWORD)


def test_the_first_administrator_is_invited_by_mail_and_comes_in_by_it(clean):
    said = create("--admin-email", "Jefa@nueva.example", "--admin-name", "Eva")
    assert said == f"{SLUG} is ready\nAn invitation to administer it goes by mail to Jefa@nueva.example\n"
    invitation = Invitation.objects.get(email="jefa@nueva.example")
    user, _invitation = accounts.accept_invitation(
        accounts.token_of(invitation), name="Eva Soto", password=PASSWORD, client="10.0.0.9", at=now()
    )
    with tenancy.activate(directory.find(SLUG)):
        member = StaffMember.objects.get()
        assert (member.name, member.user_id, member.role.builtin) == (
            "Eva Soto",
            user.pk,
            rights.ADMINISTRATOR,
        )


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"slug": "login"}, "cannot be an address"),
        ({"slug": "A b"}, "cannot be an address"),
        ({"slug": "../x"}, "cannot be an address"),
        (("--zone", "Mars/Olympus"), "Mars/Olympus is not an IANA zone"),
        (("--country", "XX"), "country: one of"),
        (("--currency", "XXX"), "currency: one of"),
        (("--language", "fr"), "language: one of es, en"),
        (("--name", " "), "name: 1 to 80"),
        (("--admin-email", "no-es-correo"), "no address of mail"),
        (("--password-stdin",), "--admin-email, which is missing"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_in_words_and_nothing_is_made(clean, monkeypatch, words, reason):
    before = Placement.objects.count()
    slug, more = (words["slug"], ()) if isinstance(words, dict) else (SLUG, words)
    with pytest.raises(CommandError, match=reason):
        create(*more, slug=slug, stdin=f"{PASSWORD}\n", monkeypatch=monkeypatch)
    assert Placement.objects.count() == before


def test_whoever_has_a_password_already_is_invited_instead(clean, monkeypatch, centre):
    words = ("--admin-email", centre.email("administrator"), "--password-stdin")
    with pytest.raises(CommandError, match="has a password already"):
        create(*words, stdin=f"{PASSWORD}\n", monkeypatch=monkeypatch)
    assert not Placement.objects.filter(slug=SLUG).exists()


def test_a_weak_password_is_told_before_anything_is_made(clean, monkeypatch):
    with pytest.raises(CommandError, match="password: "):
        create(
            "--admin-email",
            "jefa@nueva.example",
            "--password-stdin",
            stdin="corta\n",
            monkeypatch=monkeypatch,
        )
    assert not Placement.objects.filter(slug=SLUG).exists()


def test_a_taken_name_and_a_full_store_are_told(clean):
    create()
    with pytest.raises(CommandError, match=f"the address is taken: {SLUG}"):
        create()
    store = Placement.objects.get(slug=SLUG).store
    type(store).objects.filter(pk=store.pk).update(capacity=1)
    try:
        with pytest.raises(CommandError, match="no room: "):
            create(slug="por-comando-dos")
    finally:
        type(store).objects.filter(pk=store.pk).update(capacity=store.capacity)


def test_centres_are_listed_and_one_is_shown(clean):
    create()
    assert any(line.split()[:2] == [SLUG, "active"] for line in run("tenants", "list").splitlines())
    shown = dict(line.split(None, 1) for line in run("tenants", "show", SLUG).splitlines())
    assert (shown["name"], shown["zone"], shown["epoch"]) == ("Clínica Nueva", "America/Santiago", "1")


def test_a_state_is_changed_with_its_reason(clean):
    create()
    said = run("tenants", "state", SLUG, "maintenance", "--reason", "cambio de disco")
    assert said == f"{SLUG} is maintenance\n"
    assert directory.find(SLUG).state == "maintenance"
    assert StateChange.objects.get(tenant_id=directory.find(SLUG).tenant_id).reason == "cambio de disco"


@pytest.mark.parametrize(
    "words",
    [
        ("tenants", "show", "no-hay"),
        ("tenants", "state", "no-hay", "active"),
        ("tenants", "state", "no-hay", "closed"),
        ("tenants", "discard", "no-hay"),
        ("tenants", "sing"),
        ("tenants",),
        ("schedule", "preview", "--tenant", "no-hay", "--from", "2026-01-01", "--to", "2026-01-02"),
        ("schedule", "preview", "--tenant", "no-hay", "--from", "ayer", "--to", "2026-01-02"),
        ("schedule", "preview", "--tenant", "no-hay", "--from", "2026-01-02", "--to", "2026-01-01"),
        ("schedule", "preview", "--tenant", "no-hay", "--from", "2026-01-01", "--to", "2036-01-01"),
        ("schedule", "preview"),
    ],
    ids=" ".join,
)
def test_what_is_not_there_or_makes_no_sense_is_an_error_in_words(control, words):
    with pytest.raises(CommandError) as refused:
        run(*words)
    assert str(refused.value)


def test_a_half_made_centre_is_shown_as_such_and_discarded(clean, monkeypatch):
    monkeypatch.setattr(operations, "take_back", lambda placement: None)
    monkeypatch.setattr(founding, "_steps", [lambda tenant, zone: 1 / 0])
    with pytest.raises(ZeroDivisionError):
        create()
    monkeypatch.undo()
    with pytest.raises(CommandError, match="half made"):
        run("tenants", "show", SLUG)
    assert run("tenants", "discard", SLUG) == f"{SLUG} is free again\n"
    create()
    with pytest.raises(CommandError, match="no half-made centre"):
        run("tenants", "discard", SLUG)


def test_the_preview_tells_each_firing_in_local_time_and_utc(centre):
    words = (
        "schedule",
        "preview",
        "--tenant",
        centre.slug,
        "--from",
        "2026-12-01",
        "--to",
        "2026-12-03T00:00-03:00",
    )
    rows = json.loads(run(*words, "--json"))
    reminders = [row for row in rows if row["job"] == "reminders"]
    assert [(row["branch"], row["zone"], row["local"], row["utc"]) for row in reminders] == [
        ("Centro", "America/Santiago", "2026-12-01T08:00:00-03:00", "2026-12-01T11:00:00Z"),
        ("Centro", "America/Santiago", "2026-12-02T08:00:00-03:00", "2026-12-02T11:00:00Z"),
    ]
    assert set(rows[0]) == {"job", "branch", "zone", "local", "utc"}
    assert len(run(*words).splitlines()) == len(rows)


def test_every_recurring_job_is_in_the_preview(centre):
    from reservo.config.schedule import ENTRIES

    words = (
        "schedule",
        "preview",
        "--tenant",
        centre.slug,
        "--from",
        "2026-12-01",
        "--to",
        "2026-12-03",
        "--json",
    )
    assert {row["job"] for row in json.loads(run(*words))} == {entry.name for entry in ENTRIES}


def test_the_clock_of_the_preview_is_utc_where_no_offset_is_given(control):
    from reservo.config.commands_backup import moment

    assert moment("2026-12-01") == datetime(2026, 12, 1, tzinfo=UTC)
    assert moment("2026-12-01T08:00-03:00") == datetime(2026, 12, 1, 11, tzinfo=UTC)
    assert now().tzinfo is UTC
