"""The quick sums of a file are those that every engine agrees on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from reservo.fleet import copies, filesums, rows
from tests.cast import make_cast


def digest(file, model):
    return filesums.digest(file, model._meta.db_table, list(model._meta.concrete_fields))


@pytest.fixture(scope="module")
def copied(control, monday, tmp_path_factory):
    cast = make_cast()
    for day in range(3):
        cast.book(monday + timedelta(days=day))
    copy = copies.copy(cast.route, tmp_path_factory.mktemp("copy"))
    yield copy
    cast.end()


def test_they_are_equal_for_every_table(copied):
    with copies.opened(copied.route):
        slow = rows.digests()
    with closing(sqlite3.connect(copied.path)) as file:
        quick = {model._meta.db_table: digest(file, model) for model in rows.tables()}
    assert quick == slow
    assert sum(digest.count > 0 for digest in quick.values()) > 20


def test_each_value_of_each_column_counts(copied):
    with closing(sqlite3.connect(copied.path)) as file:
        for model in rows.tables():
            before = digest(file, model)
            for field in model._meta.concrete_fields:
                if not before.count or field.unique or field.is_relation or field.null:
                    continue
                other = {"DateTimeField": "'2001-01-01 00:00:00'", "JSONField": "'[9,9]'"}.get(
                    field.get_internal_type(), f'NOT "{field.column}"'
                )
                file.execute("PRAGMA ignore_check_constraints=ON")
                file.execute(f'UPDATE OR IGNORE "{model._meta.db_table}" SET "{field.column}" = {other}')
                changed = file.execute("SELECT changes()").fetchone()[0]
                assert (digest(file, model) != before) == (changed > 0), field
                file.rollback()


@pytest.mark.parametrize(
    "text", ["2026-11-25 03:00:00", "2026-11-25 03:00:00.000100", "2026-11-25 03:00:00.120000"]
)
def test_instants_are_written_as_the_other_side_writes_them(text):
    from datetime import UTC, datetime

    assert filesums._instant(text) == rows.plain(datetime.fromisoformat(text).replace(tzinfo=UTC))
