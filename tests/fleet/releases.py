"""Releases to come, for tests: this one's sources with a migration more, run by real processes on the same data."""

from __future__ import annotations

import copy
import os
import shutil
from pathlib import Path

from tests.installation import ROOT, Installation

FIELD = '    nickname = models.CharField(max_length=40, db_default="sin apodo")\n'
BEFORE = "    number = models.PositiveBigIntegerField(unique=True)\n"
HEAD = """from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("patients", "0001_initial"), ("catalog", "0001_initial")]
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
REFUSE_SOME = """
        migrations.RunPython(refuse_some, migrations.RunPython.noop),
"""
REFUSING = """
import time

def refuse_some(apps, editor):
    branches = apps.get_model("catalog", "Branch").objects.using(editor.connection.alias)
    if branches.filter(name="cannot be migrated").exists():
        raise RuntimeError("two of the same")
    time.sleep(SECONDS)

"""


def refusing(seconds: float = 0) -> str:
    """Code for REFUSE_SOME: it takes that long, and does not like every centre."""
    return REFUSING.replace("SECONDS", str(seconds))


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

    def of(self, installation: Installation) -> Installation:
        """The same data, ports and log, worked on by this release."""
        newer = copy.copy(installation)
        newer.environment = {
            **installation.environment,
            "PYTHONPATH": f"{self.sources}{os.pathsep}{ROOT}",
        }
        return newer
