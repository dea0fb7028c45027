"""A mapping that cannot be meant is refused before anything is read, with the place of the mistake."""

from __future__ import annotations

import copy
import tomllib

import pytest

from reservo.foreign import mapping
from reservo.foreign.mapping import BadMapping
from tests.foreign.shared import FOLDER


@pytest.fixture
def given():
    text = (FOLDER / "mapping.toml").read_text().replace('"ENGINE"', '"mariadb"')
    return tomllib.loads(text)


def put(given, path, value):
    changed = copy.deepcopy(given)
    *way, last = path.split("/")
    place = changed
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("source/engine", "oracle", "engine"),
        ("source/host", "", "host"),
        ("source/port", 0, "port"),
        ("source/server_zone", "Santiago", "server_zone"),
        ("source/mojibake", "yes", "mojibake"),
        ("source/most_rejected_percent", 101, "most_rejected_percent"),
        ("source/customer_column", None, "customer"),
        ("source/colour", "red", "colour"),
        ("tables", {}, "tables"),
        ("branches", None, "branches"),
        ("branches/table", "citas; DROP TABLE citas", "table"),
        ("branches/fields/name", 'a"b', "name"),
        ("branches/fields/name", None, "name is missing"),
        ("branches/fields/colour", "color", "colour"),
        ("branches/fields/zone", {"column": "ciudad", "map": "nowhere"}, "nowhere"),
        ("branches/fields/zone", {"column": "ciudad", "constant": "UTC"}, "either"),
        ("branches/deleted", {"column": "borrado", "values": [1], "as": "gone"}, "deleted"),
        ("rooms/fields/branch", {"column": "sucursal_id", "map": "zones"}, "no map"),
        ("appointments/fields/starts_at", {"column": "inicio", "clock": "moon"}, "clock"),
        ("services/price_unit", "pennies", "price_unit"),
        ("patients", None, "patients"),
        ("centre/0/zone", "Chile", "zone"),
        ("centre/0/slug", "chamberi", "twice"),
        ("centre/0/name", None, "name"),
        ("centre/0/admin_email", "nobody", "admin_email"),
    ],
)
def test_a_mistake_is_said(given, path, value, said):
    with pytest.raises(BadMapping, match=said):
        mapping.from_dict(put(given, path, value))


def test_what_is_no_toml_is_said(tmp_path):
    (tmp_path / "mapping.toml").write_text("[source")
    with pytest.raises(BadMapping):
        mapping.read(tmp_path / "mapping.toml")


def test_an_import_goes_on_after_the_list_or_the_address_changed_and_not_after_the_meaning_did(given):
    was = mapping.from_dict(given).hash
    assert mapping.from_dict(put(given, "source/port", 3307)).hash == was
    assert mapping.from_dict(put(given, "centre/0/name", "Otra")).hash == was
    assert mapping.from_dict(put(given, "values/states/NUEVA", "confirmed")).hash != was
    assert mapping.from_dict(put(given, "source/server_zone", "UTC")).hash != was
