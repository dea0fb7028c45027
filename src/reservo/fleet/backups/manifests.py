"""What a backup or an export says of itself."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from reservo.fleet.rows import Digest

FORMAT = 1
CENTRE, CONTROL = "centre", "control"


class BadManifest(ValueError):
    """It is not one, or one of a release that this one does not know; the message says what."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the backup: its name, how long it is, and its SHA-256."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can log in to the centre. An export has no passwords, not even scrambled ones."""

    id: int
    email: str
    name: str
    language: str
    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    kind: str
    installation: str
    tenant_id: int
    slug: str
    taken_at: datetime
    schema: str
    migrations: dict[str, list[str]]
    data: Part
    engine: str = "sqlite"
    epoch: int = 0
    zone: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    tables: dict[str, Digest] = field(default_factory=dict)
    columns: dict[str, list[list[str]]] = field(default_factory=dict)
    sequences: dict[str, int] = field(default_factory=dict)
    people: list[Person] = field(default_factory=list)
    files: list[Part] = field(default_factory=list)
    format: int = FORMAT

    @property
    def rows(self) -> int:
        return sum(digest.count for digest in self.tables.values())

    def header(self) -> dict[str, Any]:
        """What stands in front of the sealed part, for whoever looks through a place without the key."""
        return {
            "format": self.format,
            "kind": self.kind,
            "installation": self.installation,
            "tenant_id": self.tenant_id,
            "slug": self.slug,
            "taken_at": _text(self.taken_at),
            "schema": self.schema,
        }

    def to_json(self) -> bytes:
        plain = asdict(self) | {
            "taken_at": _text(self.taken_at),
            "tables": {name: digest.as_json() for name, digest in self.tables.items()},
        }
        return json.dumps(plain, indent=1, sort_keys=True, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, raw: bytes) -> Manifest:
        """Raises BadManifest."""
        try:
            plain = dict(json.loads(raw))
            if plain.pop("format") != FORMAT:
                raise BadManifest("it is of a newer format; restore it with the release that wrote it")
            return cls(
                **plain
                | {
                    "taken_at": instant(plain["taken_at"]),
                    "data": Part(**plain["data"]),
                    "tables": {name: Digest.from_json(pair) for name, pair in plain["tables"].items()},
                    "people": [Person(**one) for one in plain["people"]],
                    "files": [Part(**one) for one in plain["files"]],
                }
            )
        except BadManifest:
            raise
        except (ValueError, TypeError, KeyError, AttributeError) as wrong:
            raise BadManifest(f"the manifest cannot be read: {wrong}"[:200]) from wrong


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
