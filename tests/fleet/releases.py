"""Releases to come, for tests: this one's sources with a migration more, run by real processes on the same data."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.installation import ROOT, Installation

FIELD = '    nickname = models.CharField(max_length=40, db_default="sin apodo")\n'
BEFORE = "    number = models.PositiveBigIntegerField(unique=True)\n"
HEAD = """from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("patients", "0001_initial")]
    operations = [
"""
ADD_COLUMN = """
        migrations.AddField("patient", "nickname", models.CharField(max_length=40, db_default="sin apodo")),
"""
ADD_TABLE = """
        migrations.CreateModel("Allergy", [("id", models.BigAutoField(primary_key=True)),
            ("patient", models.ForeignKey("patients.patient", models.CASCADE)),
            ("name", models.CharField(max_length=40))]),
"""
TABLE = """

class Allergy(TenantModel):
    plane = "tenant"
    patient = models.ForeignKey(Patient, models.CASCADE)
    name = models.CharField(max_length=40)
"""
FAIL_WHERE_NAMED = """
        migrations.RunPython(fail_where_named, migrations.RunPython.noop),
"""
FAILING = """
import time
def fail_where_named(apps, editor):
    names = apps.get_model("catalog", "Branch").objects.using(editor.connection.alias).values_list("name", flat=True)
    if "cannot be migrated" in names:
        raise RuntimeError("two of the same")
    time.sleep(PAUSE)
"""


class Release:
    """A copy of the sources under `folder`, with one migration of patients more."""

    def __init__(
        self, folder: Path, operations: str, *, code: str = "", model: str = FIELD, after: str = ""
    ) -> None:
        self.sources = folder / "src"
        shutil.copytree(
            ROOT / "src", self.sources, ignore=shutil.ignore_patterns("__pycache__", "*.map", "*.pyc")
        )
        patients = self.sources / "reservo" / "patients"
        models = patients / "models.py"
        text = models.read_text()
        assert text.count(BEFORE) == 1
        models.write_text(text.replace(BEFORE, model + BEFORE) + after)
        (patients / "migrations" / "0002_more.py").write_text(code + HEAD + operations + "    ]\n")

    def environment(self, installation: Installation) -> dict[str, str]:
        return {**installation.environment, "PYTHONPATH": f"{self.sources}{os.pathsep}{ROOT}"}

    def command(
        self, installation: Installation, *words: str, expected: int = 0, timeout: float = 120
    ) -> str:
        """What `reservo WORDS` of this release prints."""
        done = subprocess.run(
            [sys.executable, "-m", "reservo", *words],
            env=self.environment(installation),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert done.returncode == expected, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def python(self, installation: Installation, code: str) -> str:
        """What a script of this release prints, with Django set up."""
        done = subprocess.run(
            [sys.executable, "-c", f"import django; django.setup()\n{code}"],
            env={**self.environment(installation), "DJANGO_SETTINGS_MODULE": "reservo.config.settings"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
