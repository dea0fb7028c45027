"""A release works with the schema before it: no migration takes away what the release before uses."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from django.db import models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import CheckConstraint, Q, UniqueConstraint

from tests.architecture.expanding import complaints

ROOT = Path(__file__).parents[2]
RELEASE = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
LOADER = MigrationLoader(None)
OURS = sorted(key for key in LOADER.disk_migrations if (ROOT / "src" / "reservo" / key[0]).exists())

BEFORE = ProjectState()
BEFORE.add_model(
    ModelState(
        "shop",
        "Person",
        [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=40)),
            ("note", models.CharField(max_length=40, null=True)),
            ("size", models.IntegerField(db_default=0)),
        ],
    )
)


@pytest.mark.parametrize("key", OURS, ids=lambda key: ".".join(key))
def test_a_migration_leaves_the_release_before_at_work(key):
    before = LOADER.project_state(key, at_end=False)
    assert complaints(LOADER.disk_migrations[key], before, release=RELEASE) == []


def refused(*given, **attributes):
    """As a second migration of an app."""
    kind = type("Migration", (Migration,), {"dependencies": [("shop", "0001_initial")], **attributes})
    migration = kind("0002_more", "shop")
    migration.operations = list(given)
    return complaints(migration, BEFORE, release="0.5.0")


def forwards(apps, editor):
    """Nothing."""


GOOD = {
    "a column that may be NULL": operations.AddField(
        "person", "mail", models.CharField(max_length=9, null=True)
    ),
    "a column with a database default": operations.AddField(
        "person", "mail", models.CharField(max_length=9, db_default="")
    ),
    "a table": operations.CreateModel("Pet", [("id", models.BigAutoField(primary_key=True))]),
    "a relation to many": operations.AddField("person", "pets", models.ManyToManyField("shop.Pet")),
    "a longer text": operations.AlterField("person", "name", models.CharField(max_length=80)),
    "a wider number": operations.AlterField("person", "size", models.BigIntegerField(db_default=0)),
    "may be NULL from now on": operations.AlterField(
        "person", "name", models.CharField(max_length=40, null=True)
    ),
    "other choices": operations.AlterField(
        "person", "name", models.CharField(max_length=40, choices=[("a", "A")])
    ),
    "an index": operations.AddIndex("person", models.Index(fields=["name"], name="by_name")),
    "a step in Python with a way back": operations.RunPython(forwards, operations.RunPython.noop),
    "code forgets a column that fills itself": operations.SeparateDatabaseAndState(
        state_operations=[operations.RemoveField("person", "note")]
    ),
    "one that is made ready to be forgotten": operations.AlterField(
        "person", "name", models.CharField(max_length=40, db_default="")
    ),
}

BAD = {
    "a column goes": operations.RemoveField("person", "note"),
    "a column has another name": operations.RenameField("person", "name", "title"),
    "a table goes": operations.DeleteModel("Person"),
    "a table has another name": operations.RenameModel("Person", "Human"),
    "a table is another one": operations.AlterModelTable("person", "humans"),
    "NOT NULL with a default of Python": operations.AddField(
        "person", "mail", models.CharField(max_length=9, default="")
    ),
    "unique, with the same default": operations.AddField(
        "person", "mail", models.CharField(max_length=9, db_default="", unique=True)
    ),
    "no more NULL": operations.AlterField("person", "note", models.CharField(max_length=40)),
    "a shorter text": operations.AlterField("person", "name", models.CharField(max_length=20)),
    "a text becomes bounded": operations.AlterField(
        "person", "size", models.CharField(max_length=9, db_default="")
    ),
    "a narrower number": operations.AlterField("person", "size", models.SmallIntegerField(db_default=0)),
    "unique now": operations.AlterField("person", "name", models.CharField(max_length=40, unique=True)),
    "no database default any more": operations.AlterField("person", "size", models.IntegerField(default=0)),
    "another column": operations.AlterField("person", "name", models.CharField(max_length=40, db_column="n")),
    "a unique constraint": operations.AddConstraint("person", UniqueConstraint(fields=["name"], name="once")),
    "a check": operations.AddConstraint("person", CheckConstraint(condition=Q(size__gt=0), name="some")),
    "together unique": operations.AlterUniqueTogether("person", {("name", "size")}),
    "a step in Python without a way back": operations.RunPython(forwards),
    "SQL": operations.RunSQL("DROP TABLE shop_person"),
    "SQL apart from the state": operations.SeparateDatabaseAndState([operations.RunSQL("SELECT 1")]),
    "code forgets a column that does not fill itself": operations.SeparateDatabaseAndState(
        state_operations=[operations.RemoveField("person", "name")]
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_only_adds_is_taken(name):
    assert refused(GOOD[name]) == []


@pytest.mark.parametrize("name", BAD)
def test_what_the_release_before_cannot_work_with_is_refused(name):
    assert len(refused(BAD[name])) >= 1


def test_an_operation_that_nobody_thought_of_is_refused():
    class Odd(operations.base.Operation):
        def state_forwards(self, app_label, state):
            """Nothing."""

    assert "does not know" in refused(Odd())[0]


def test_a_table_of_the_same_migration_is_free():
    pet = operations.CreateModel("Pet", [("id", models.BigAutoField(primary_key=True))])
    name = operations.AddField("pet", "name", models.CharField(max_length=9))
    assert (
        refused(pet, name, operations.AddConstraint("pet", UniqueConstraint(fields=["name"], name="once")))
        == []
    )


def test_the_first_migration_of_an_app_is_free():
    assert refused(operations.RunSQL("SELECT 1"), initial=True) == []


@pytest.mark.parametrize(
    ("contract", "is_taken"),
    [
        ("0.4: nothing reads or writes Person.note", True),
        ("0.4.9: nothing reads or writes Person.note", True),
        ("0.5: nothing reads or writes Person.note", False),
        ("1.0: nothing reads or writes Person.note", False),
        ("nothing uses it", False),
        ("0.4: ok", False),
        ("", False),
    ],
)
def test_a_contract_names_an_earlier_release(contract, is_taken):
    assert (refused(operations.RemoveField("person", "note"), contract=contract) == []) is is_taken
