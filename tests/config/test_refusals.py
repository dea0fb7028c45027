"""Mistakes of operators: one sentence, another exit code than 0, and nothing is half done."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core import management
from django.core.management import CommandError, call_command

from reservo.config import cli, commands
from reservo.config.management.commands.move import Command as MoveCommand
from reservo.core.clock import now
from reservo.fleet.models import Move
from reservo.jobs.models import Heartbeat
from reservo.tenancy import directory
from reservo.tenancy.models import Placement, Store
from tests.installation import free_ports


def run(*words):
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


@pytest.fixture
def away(control):
    """A store whose server was there once."""
    address = f"127.0.0.1:{free_ports(1)[0]}/centres"
    store = Store.objects.create(
        name="away", engine="postgresql", address=address, capacity=9, is_dedicated=True
    )
    yield store
    store.placements.all().delete()
    store.delete()
    directory.forget()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("tenants move nobody --to STORE", "refused: there is no centre nobody"),
        ("tenants move nobody --status", "there is no centre nobody"),
        ("tenants move CENTRE --status", "CENTRE was never moved"),
        ("tenants move CENTRE --to nowhere", "there is no store nowhere"),
        ("tenants restore CENTRE --at yesterday", "not a date or instant: yesterday"),
        ("tenants create CENTRE --name X", "the address is taken: CENTRE"),
        ("tenants create another --name X --store nowhere", "there is no store nowhere"),
        ("backups list nobody", "there is no backup of nobody"),
        (
            "schedule preview --tenant CENTRE --from tomorrow --to 2026-12-01",
            "not a date or instant: tomorrow",
        ),
        ("stores capacity nowhere 5", "there is no store nowhere"),
        ("stores capacity embedded 0", "refused: capacity: at least 1"),
        ("orders destroy-centre nobody --reason x", "there is no centre nobody"),
        ("orders destroy-centre CENTRE --reason x", "CENTRE must be disabled first"),
        ("import shared-database /no/where.toml one", "/no/where.toml: No such file or directory"),
    ],
)
def test_a_mistake_is_answered_in_one_sentence(centre, words, sentence):
    words = words.replace("CENTRE", centre.slug).replace("STORE", centre.route.store).split()
    if command := commands.UNDER.get(tuple(words[:2])):
        words = [command, *words[2:]]
    with pytest.raises(CommandError) as refused:
        run(*words)
    assert sentence.replace("CENTRE", centre.slug) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "words",
    [
        ("--engine", "sqlite", "--address", "/proc/nowhere"),
        (
            *("--engine", "postgresql", "--address", f"127.0.0.1:{free_ports(1)[0]}/centres"),
            *("--login", "one", "--provisioner", "two"),
        ),
    ],
)
def test_a_store_that_is_not_well_is_not_added(control, words):
    with pytest.raises(CommandError, match="wrong was not added"):
        run("stores", "add", "wrong", *words, "--capacity", "5")
    assert not Store.objects.filter(name="wrong").exists()


def test_a_centre_at_a_store_that_is_away_is_not_half_made(away):
    with pytest.raises(CommandError, match="the store does not answer"):
        run("tenants", "create", "not-there", "--name", "X", "--store", away.name)
    assert not Placement.objects.filter(slug="not-there").exists()


def test_what_was_half_made_at_a_store_that_is_away_is_discarded(away):
    Placement.objects.create(slug="half", store=away, namespace="half", zone="UTC", state="maintenance")
    assert run("tenants", "discard", "half") == "half is free again\n"
    assert not Placement.objects.filter(slug="half").exists()


def test_a_centre_at_a_store_that_is_away_does_not_begin_to_move(away, centre):
    Placement.objects.create(slug="stuck", store=away, namespace="stuck", zone="UTC", state="active")
    with pytest.raises(CommandError, match="the store does not answer"):
        run("move", "stuck", "--to", centre.route.store)
    assert not Move.objects.filter(slug="stuck").exists()


def test_a_move_to_a_store_that_is_away_is_given_up_and_says_what_stays_there(away, centre):
    Move.objects.create(
        tenant_id=centre.route.tenant_id,
        slug=centre.slug,
        open_for=centre.route.tenant_id,
        source_store=centre.route.store,
        source_namespace=centre.route.namespace,
        target_store=away.name,
        target_namespace="copy",
        epoch_before=centre.route.epoch,
        started_at=now(),
    )
    said = run("move", centre.slug, "--abort")
    assert "away aborted" in said
    assert "copy in away, which does not answer" in said
    assert Move.objects.get(slug=centre.slug).open_for is None


def test_dead_jobs_of_the_others_are_listed_when_a_store_is_away(away, centre):
    Placement.objects.create(slug="gone", store=away, namespace="gone", zone="UTC", state="active")
    with pytest.raises(CommandError, match=r"the stores of these do not answer: .*gone"):
        run("jobs", "dead")


def test_where_the_control_plane_lives_is_not_told_of_a_file_that_is_not_there(tmp_path):
    asked = subprocess.run(
        [sys.executable, "-m", "reservo", "control", "show"],
        env={**os.environ, "RESERVO_DATA_DIR": str(tmp_path), "RESERVO_CONTROL_URL": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert asked.returncode == 1
    assert asked.stderr == f"the control database does not answer: {tmp_path}/control.db is not there\n"


def test_a_copy_of_the_control_plane_to_where_nothing_can_be_is_refused(control):
    Heartbeat.objects.all().delete()
    with pytest.raises(CommandError, match="nothing was copied to /no/where: "):
        run("control", "copy", "--to", "/no/where")


def test_ctrl_c_ends_a_command_in_a_word(monkeypatch, capsys):
    def stopped(argv):
        raise KeyboardInterrupt

    monkeypatch.setattr(management, "execute_from_command_line", stopped)
    monkeypatch.setattr(sys, "argv", ["reservo", "doctor"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert (ended.value.code, capsys.readouterr().err) == (cli.STOPPED, "stopped\n")


def test_help_names_every_command_as_it_is_typed():
    there = {file.stem for file in Path(commands.__file__).parent.glob("management/commands/[a-z]*.py")}
    words = set(commands.OVERVIEW.replace("|", " ").split())
    assert there - set(commands.UNDER.values()) - words == set()
    assert {word for typed in commands.UNDER for word in typed} - words == set()
    assert MoveCommand().create_parser("reservo", "move").prog == "reservo tenants move"
