"""Facts about the tree: what may be imported, called, committed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps

from reservo.tenancy.models import TenantModel
from reservo.tenancy.planes import plane_of

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "reservo").rglob("*.py"))
OURS = [model for model in apps.get_models() if model.__module__.startswith("reservo.")]
LONGEST_FILE = 400


def offenders(pattern, allowed=()):
    rule = re.compile(pattern)
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in SOURCES
        if str(path.relative_to(ROOT / "src" / "reservo")) not in allowed
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if rule.search(line)
    ]


def test_the_layers_depend_downwards_only():
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]


def test_only_the_clock_reads_the_clock():
    allowed = ("core/clock.py",)
    assert offenders(r"datetime\.(now|utcnow|today)\(|date\.today\(|timezone\.now\(", allowed) == []


def test_transactions_are_those_of_the_seam():
    allowed = ("tenancy/context.py", "tenancy/backends/compiler.py")
    assert offenders(r"transaction\.(atomic|on_commit)\b", allowed) == []


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_a_model_has_a_plane_and_no_relation_crosses_it(model):
    plane = plane_of(model)
    assert plane in ("control", "tenant", "both")
    if plane != "control" and model._meta.label != "tenancy.NamespaceEpoch":
        assert issubclass(model, TenantModel)
    for field in model._meta.get_fields():
        if field.is_relation and field.related_model in OURS:
            assert plane_of(field.related_model) == plane


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_no_table_carries_a_tenant_column(model):
    if plane_of(model) == "tenant" and model._meta.label != "tenancy.NamespaceEpoch":
        assert not any(field.name.startswith("tenant") for field in model._meta.get_fields())


def test_no_file_outgrows_a_comfortable_read():
    long = {
        str(p.relative_to(ROOT)): n for p in SOURCES if (n := len(p.read_text().splitlines())) > LONGEST_FILE
    }
    assert {name: count for name, count in long.items() if "/migrations/" not in name} == {}


def test_the_locks_name_no_address():
    for name in (
        "requirements/aws.txt",
        "requirements/base.txt",
        "requirements/dev.txt",
        "requirements/tools.txt",
        "package-lock.json",
    ):
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert '"resolved"' not in text


def test_the_locks_agree_and_the_base_knows_no_cloud():
    """One package has one version, whichever locks are installed together."""
    base, aws, dev = (
        dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements" / f"{name}.txt").read_text(), re.M))
        for name in ("base", "aws", "dev")
    )
    assert base | aws | dev == dev
    assert "boto3" in aws
    assert "boto3" not in base


def test_templates_carry_no_inline_script_or_style():
    rule = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|\son[a-z]+=|\shx-on|javascript:")
    mails = ("mail.html", "account_mail.html", "person_mail.html")
    bad = []
    for path in (ROOT / "src").rglob("*.html"):
        text = path.read_text()
        if rule.search(text) or (path.name not in mails and re.search(r"\sstyle=|<style", text)):
            bad.append(str(path.relative_to(ROOT)))
    assert bad == []


def test_migrations_are_up_to_date(tmp_path):
    code = (
        "import os, django\n"
        "from django.conf import settings\n"
        "import reservo.config.settings as own\n"
        "values = {k: getattr(own, k) for k in dir(own) if k.isupper()}\n"
        "values['DATABASES']['tenant'] = {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}\n"
        "values['DATABASE_ROUTERS'] = []\n"
        "settings.configure(**values); django.setup()\n"
        "from django.core.management import call_command\n"
        "call_command('makemigrations', check=True, dry_run=True, verbosity=0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(ROOT / "src"), "RESERVO_DATA_DIR": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_no_table_of_a_page_hides_its_columns_beyond_the_edge_of_a_phone():
    """Rows of three columns and more become blocks there (`stack`); the agenda's list has its own way."""
    folder = ROOT / "src" / "reservo"
    hidden = [
        page.name
        for page in sorted(folder.rglob("templates/**/*.html"))
        for more, inside in re.findall(
            r'class="[^"]*\btable\b([^"]*)"(.*?)</table>', page.read_text(), re.DOTALL
        )
        if "stack" not in more and len(re.findall("<th[ >]", inside)) > 2 and page.name != "_list.html"
    ]
    assert hidden == []
