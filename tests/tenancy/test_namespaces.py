"""A new namespace is a whole file of its own."""

import sqlite3
from contextlib import closing

import pytest

from reservo.tenancy import namespaces
from reservo.tenancy.backends.sqlite.base import path_of

pytestmark = pytest.mark.embedded("looks into the file; what a namespace holds is looked at in test_seam")


def test_a_new_namespace_is_whole_without_a_journal_beside_it(place):
    file = path_of(place("centro-uno"))
    assert [one.name for one in file.parent.iterdir()] == [file.name]
    with closing(sqlite3.connect(f"file:{file}?immutable=1", uri=True)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("SELECT count(*) FROM tenancy_namespaceepoch").fetchone() == (1,)


def test_a_namespace_that_is_taken_is_left_alone(place):
    route = place("centro-uno")
    before = path_of(route).read_bytes()
    with pytest.raises(namespaces.NamespaceTaken):
        namespaces.create(route)
    assert path_of(route).read_bytes() == before
