"""The file that says which foreign table and column is which of ours. docs/operations/import.md is its reference."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reservo.core import mailaddress, zones

MOST_BYTES = 1_000_000
PORTS = {"mariadb": 3306, "postgresql": 5432}
CLOCKS = ("branch", "server", "utc")
REPAIRS = ("", "latin1")
DELETED_AS = ("skip", "inactive", "deleted")
MOST_REJECTED_PERCENT = 5.0
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]{0,62}")
_TABLE = re.compile(rf"(?:{_NAME.pattern}\.)?{_NAME.pattern}")

# Ours, by kind, in the order in which they are brought; those in capitals are needed.
FIELDS: dict[str, tuple[str, ...]] = {
    "branches": ("NAME", "address", "city", "region", "country", "zone", "phone", "email", "active"),
    "rooms": ("BRANCH", "NAME", "kind", "active"),
    "practitioners": ("NAME", "speciality", "email", "branch", "most_overbooked", "active"),
    "services": (
        *("NAME", "DURATION", "price", "currency", "category", "code", "buffer_before", "buffer_after"),
        *("online", "active"),
    ),
    "patients": (
        *("GIVEN_NAME", "paternal_surname", "maternal_surname", "national_id", "country", "foreigner"),
        *("phone", "other_phone", "email", "sex", "birth_date", "address", "city", "insurer", "category"),
        *("reference", "comments", "number", "active", "created_at"),
    ),
    "appointments": (
        *("BRANCH", "STARTS_AT", "STATE", "ends_at", "duration", "patient", "practitioner", "room"),
        *("service", "price", "number", "comment", "created_at"),
    ),
}
KINDS = tuple(FIELDS)
_CLOCK_BY_DEFAULT = {"created_at": "server"}


class BadMapping(ValueError):
    """The file cannot be meant; the message says where."""


@dataclass(frozen=True, slots=True)
class Column:
    """Where a field of ours comes from: a column or a constant, through a map of values if it has one."""

    column: str = ""
    constant: Any = None
    values: dict[str, Any] | None = None
    default: Any = None
    clock: str = "branch"


@dataclass(frozen=True, slots=True)
class Deleted:
    """Rows that are marked as deleted over there: left out, or brought as no longer in use."""

    column: str
    values: frozenset[str]
    becomes: str


@dataclass(frozen=True, slots=True)
class Table:
    kind: str
    name: str
    key: str
    customer: str
    fields: dict[str, Column]
    deleted: Deleted | None = None
    price_is_minor: bool = False

    def columns(self) -> list[str]:
        """All that is read, each once."""
        named = [column.column for column in self.fields.values() if column.column]
        extra = [self.deleted.column] if self.deleted else []
        return list(dict.fromkeys([self.key, *named, *extra]))


@dataclass(frozen=True, slots=True)
class Address:
    engine: str
    host: str
    port: int
    database: str
    user: str
    password_env: str


@dataclass(frozen=True, slots=True)
class Centre:
    """One customer over there, one centre here."""

    slug: str
    customer: str
    name: str
    country: str
    zone: str
    currency: str = ""
    language: str = "es"
    store: str = ""
    admin_email: str = ""
    admin_name: str = ""


@dataclass(frozen=True, slots=True)
class Mapping:
    address: Address
    server_zone: str
    mojibake: str
    most_rejected_percent: float
    centres: tuple[Centre, ...]
    tables: dict[str, Table]
    hash: str = field(repr=False, default="")

    def centre(self, slug: str) -> Centre:
        """Raises BadMapping."""
        found = next((centre for centre in self.centres if centre.slug == slug), None)
        if found is None:
            raise BadMapping(f"no [[centre]] has the slug {slug}")
        return found


def read(path: Path) -> Mapping:
    """Raises BadMapping."""
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as gone:
        raise BadMapping(f"{path}: {gone.strerror}") from gone
    if len(raw) > MOST_BYTES:
        raise BadMapping(f"{path} is longer than {MOST_BYTES} bytes")
    try:
        given = tomllib.loads(raw.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise BadMapping(f"{path}: {wrong}") from wrong
    return from_dict(given)


def from_dict(given: dict[str, Any]) -> Mapping:
    """Raises BadMapping."""
    _refuse_unknown("the file", given, {"source", "centre", "values", *KINDS})
    source = _part(given, "source")
    _refuse_unknown("[source]", source, _SOURCE_KEYS)
    maps = given.get("values", {})
    tables = {kind: _table(kind, given[kind], source, maps) for kind in KINDS if kind in given}
    if missing := {"branches", "appointments"} - tables.keys():
        raise BadMapping(f"[{sorted(missing)[0]}] is missing")
    _refuse_unmapped_references(tables)
    percent = source.get("most_rejected_percent", MOST_REJECTED_PERCENT)
    if not isinstance(percent, int | float) or not 0 <= percent <= 100:
        raise BadMapping("[source] most_rejected_percent: 0 to 100")
    return Mapping(
        address=_address(source),
        server_zone=_zone("[source] server_zone", source.get("server_zone", "UTC")),
        mojibake=_one_of("[source] mojibake", source.get("mojibake", ""), REPAIRS),
        most_rejected_percent=float(percent),
        centres=_centres(given.get("centre", [])),
        tables=tables,
        hash=_hash_of(given),
    )


_SOURCE_KEYS = {
    *("engine", "host", "port", "database", "user", "password_env", "customer_column"),
    *("server_zone", "mojibake", "most_rejected_percent"),
}


def _hash_of(given: dict[str, Any]) -> str:
    """Of what decides how rows are read; which centres are listed and where the server is does not."""
    kept = {name: value for name, value in given.items() if name in KINDS or name == "values"}
    source = given["source"]
    kept["clock"] = [source.get("server_zone"), source.get("mojibake"), source.get("customer_column")]
    return hashlib.sha256(repr(_ordered(kept)).encode()).hexdigest()


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return sorted((name, _ordered(part)) for name, part in value.items())
    return value


def _address(source: dict[str, Any]) -> Address:
    engine = _one_of("[source] engine", source.get("engine"), tuple(PORTS))
    port = source.get("port", PORTS[engine])
    if not isinstance(port, int) or not 0 < port < 65_536:
        raise BadMapping("[source] port: a number")
    texts = {name: _text(f"[source] {name}", source.get(name)) for name in ("host", "database", "user")}
    return Address(engine=engine, port=port, password_env=str(source.get("password_env", "")), **texts)


def _centres(given: Any) -> tuple[Centre, ...]:
    if not isinstance(given, list):
        raise BadMapping("centres are listed as [[centre]]")
    made = []
    for number, one in enumerate(given, 1):
        where = f"[[centre]] {number}"
        names = set(Centre.__dataclass_fields__)
        _refuse_unknown(where, one, names)
        values = {name: str(one[name]) for name in names & one.keys()}
        if missing := {"slug", "customer", "name", "country", "zone"} - values.keys():
            raise BadMapping(f"{where}: {sorted(missing)[0]} is missing")
        _zone(f"{where} zone", values["zone"])
        _refuse_bad_address(where, values.get("admin_email", ""))
        made.append(Centre(**values))
    for name in ("slug", "customer"):
        said = [getattr(centre, name) for centre in made]
        if double := {value for value in said if said.count(value) > 1}:
            raise BadMapping(f"[[centre]]: {name} {sorted(double)[0]} is there twice")
    return tuple(made)


def _refuse_bad_address(where: str, typed: str) -> None:
    try:
        if typed:
            mailaddress.check(typed)
    except mailaddress.InvalidAddress:
        raise BadMapping(f"{where} admin_email: {typed} is no address of mail") from None


def _table(kind: str, given: Any, source: dict[str, Any], maps: Dictionary[str, Any]) -> Table:
    where = f"[{kind}]"
    if not isinstance(given, dict):
        raise BadMapping(f"{where} is a table")
    _refuse_unknown(where, given, {"table", "key", "customer", "fields", "deleted", "price_unit"})
    fields = _part(given, "fields", where)
    known = {name.lower() for name in FIELDS[kind]}
    _refuse_unknown(f"[{kind}.fields]", fields, known)
    needed = {name.lower() for name in FIELDS[kind] if name.isupper()}
    if missing := needed - fields.keys():
        raise BadMapping(f"[{kind}.fields] {sorted(missing)[0]} is missing")
    unit = _one_of(f"{where} price_unit", given.get("price_unit", "major"), ("major", "minor"))
    return Table(
        kind=kind,
        name=_identifier(f"{where} table", given.get("table"), _TABLE),
        key=_identifier(f"{where} key", given.get("key", "id")),
        customer=_identifier(f"{where} customer", given.get("customer", source.get("customer_column"))),
        fields={name: _column(f"[{kind}.fields] {name}", name, one, maps) for name, one in fields.items()},
        deleted=_deleted(where, given["deleted"]) if "deleted" in given else None,
        price_is_minor=unit == "minor",
    )


def _column(where: str, name: str, given: Any, maps: Dictionary[str, Any]) -> Column:
    if isinstance(given, str):
        given = {"column": given}
    if not isinstance(given, dict):
        raise BadMapping(f"{where}: a column's name, or a table")
    _refuse_unknown(where, given, {"column", "constant", "map", "default", "clock"})
    if ("column" in given) == ("constant" in given):
        raise BadMapping(f"{where}: either a column or a constant")
    if "map" in given and name in REFERS:
        raise BadMapping(f"{where}: what points to another row has no map")
    return Column(
        column=_identifier(where, given["column"]) if "column" in given else "",
        constant=given.get("constant"),
        values=_map(where, given["map"], maps) if "map" in given else None,
        default=given.get("default"),
        clock=_one_of(f"{where} clock", given.get("clock", _CLOCK_BY_DEFAULT.get(name, "branch")), CLOCKS),
    )


def _map(where: str, name: str, maps: Dictionary[str, Any]) -> dict[str, Any]:
    if not isinstance(maps.get(name), dict):
        raise BadMapping(f"{where}: there is no [values.{name}]")
    return {str(key).strip(): value for key, value in maps[name].items()}


def _deleted(where: str, given: Any) -> Deleted:
    if not isinstance(given, dict) or not isinstance(given.get("values"), list):
        raise BadMapping(f"{where} deleted: a column and a list of values")
    _refuse_unknown(f"{where} deleted", given, {"column", "values", "as"})
    return Deleted(
        column=_identifier(f"{where} deleted", given.get("column")),
        values=frozenset(str(value) for value in given["values"]),
        becomes=_one_of(f"{where} deleted as", given.get("as", "skip"), DELETED_AS),
    )


def _refuse_unmapped_references(tables: dict[str, Table]) -> None:
    for kind, table in tables.items():
        for name, target in REFERS.items():
            if name in table.fields and target not in tables:
                raise BadMapping(f"[{kind}.fields] {name}: there is no [{target}]")


REFERS = {
    "branch": "branches",
    "room": "rooms",
    "practitioner": "practitioners",
    "service": "services",
    "patient": "patients",
}


def _part(given: dict[str, Any], name: str, where: str = "the file") -> dict[str, Any]:
    if not isinstance(given.get(name), dict):
        raise BadMapping(f"{where}: [{name}] is missing")
    part: dict[str, Any] = given[name]
    return part


def _refuse_unknown(where: str, given: Any, known: set[str]) -> None:
    if not isinstance(given, dict):
        raise BadMapping(f"{where} is a table")
    if unknown := given.keys() - known:
        raise BadMapping(f"{where}: {sorted(unknown)[0]} is not known")


def _identifier(where: str, given: Any, shape: re.Pattern[str] = _NAME) -> str:
    """A name of the foreign schema; it goes into statements, quoted."""
    if not isinstance(given, str) or not shape.fullmatch(given):
        raise BadMapping(f"{where}: {given!r} is no name of a table or column")
    return given


def _one_of(where: str, given: Any, known: tuple[str, ...]) -> str:
    if given not in known:
        raise BadMapping(f"{where}: one of {', '.join(filter(None, known))}")
    return str(given)


def _text(where: str, given: Any) -> str:
    if not isinstance(given, str) or not given:
        raise BadMapping(f"{where} is missing")
    return given


def _zone(where: str, given: Any) -> str:
    if not isinstance(given, str) or not zones.is_zone(given):
        raise BadMapping(f"{where}: {given!r} is not an IANA zone")
    return given
