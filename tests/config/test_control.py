"""The control plane on a server: set up by several nodes at once, grown into, backed up, rebuilt, told of."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from tests.installation import ROOT, Installation

pytestmark = pytest.mark.server
PASSWORD = "una-clave-larga-7\n"
KEY = "PwHh37ZlSGqU29t93iN5Ke9WQrmR4o6_qvo0CYkYoU0=\n"


@pytest.fixture
def url(server, request):
    """A new, empty database on a server of each kind."""
    return server.control_url(f"control_{abs(hash(request.node.name)) % 10**8}_{time.time_ns() % 10**6}")


@pytest.fixture
def install(tmp_path):
    made = []

    def make(**environment):
        made.append(Installation(RESERVO_BACKUP_PLACES=str(tmp_path), **environment))
        (made[-1].data / "backup.key").write_text(KEY)
        return made[-1]

    yield make
    for one in made:
        one.end()


def create(installation, slug):
    return installation.command(
        *("tenants", "create", slug, "--name", f"Clínica {slug}", "--admin-email", f"ana@{slug}.example"),
        input=PASSWORD,
    )


def refusal(installation, *words, **environment):
    with pytest.raises(AssertionError) as refused:
        installation.command(*words, **environment)
    return str(refused.value)


def test_several_nodes_may_set_it_up_at_once(url, install):
    nodes = [install(RESERVO_CONTROL_URL=url) for _ in range(3)]
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "reservo", "prepare"],
            env=node.environment,
            cwd=ROOT,
            stderr=subprocess.PIPE,
        )
        for node in nodes
    ]
    said = [process.communicate(timeout=110)[1].decode() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], "\n".join(said)
    assert "andina is ready" in create(nodes[0], "andina")
    assert "andina" in nodes[1].command("tenants", "list")


def test_an_installation_grows_from_its_file_to_the_server_and_is_rebuilt_from_backups_on_any(
    server, url, install, tmp_path
):
    first = install()
    first.command("prepare")
    create(first, "andina")
    said = first.command("control", "copy", "--to", url)
    assert "equal: " in said
    assert "control.db is control.db.copied now" in said
    assert "control-secret" not in said
    assert "set RESERVO_CONTROL_URL" in refusal(first, "prepare")
    secret = tmp_path / "control-password"
    secret.write_text("control-secret\n")
    bare = url.replace(":control-secret@", "@")
    first.environment |= {"RESERVO_CONTROL_URL": bare, "RESERVO_CONTROL_PASSWORD_FILE": str(secret)}
    assert bare in first.command("control", "show")
    assert "boreal is ready" in create(first, "boreal")  # keys go on
    assert first.command("tenants", "backup", "--all").count("equal") == 3

    on_a_file = install()
    assert "2 centres restored, 0 kept, 0 missing" in on_a_file.command("rebuild", "--from", str(tmp_path))
    assert "Clínica andina" in on_a_file.command("tenants", "list")
    assert "holds an installation already" in refusal(on_a_file, "control", "copy", "--to", url)
    assert "in an empty database only" in refusal(first, "rebuild", "--from", str(tmp_path))
    on_a_server = install(RESERVO_CONTROL_URL=server.control_url(f"rebuilt_{time.time_ns() % 10**9}"))
    assert "2 centres restored" in on_a_server.command("rebuild", "--from", str(tmp_path))
    assert "cobre is ready" in create(on_a_server, "cobre")


def test_a_server_that_is_not_there_is_told_in_a_line_without_the_password(install):
    away = install(RESERVO_CONTROL_URL="postgresql://reservo:control-secret@127.0.0.1:9/control")
    said = refusal(away, "tenants", "list")
    assert "the control database does not answer" in said
    assert "Traceback" not in said
    assert "control-secret" not in said
    said = away.command("doctor", check=False)
    assert "WRONG control: the control database does not answer" in said
    assert "control-secret" not in said
