"""A foreign program's database with three customers in it, on a real server of either kind."""

from __future__ import annotations

import tomllib
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pymysql

FOLDER = Path(__file__).parent
READER, READER_PASSWORD = "lectura", "solo-lectura"


class Shared:
    """`soon` is the Monday of the visits to come."""

    def __init__(self, server: Any, name: str, soon: date):
        self.server, self.name, self.soon = server, name, soon
        self._make()
        for file in (server.engine, "rows", f"{server.engine}_only"):
            self.run((FOLDER / f"{file}.sql").read_text().replace("@SOON@", soon.isoformat()))

    def _make(self) -> None:
        make = {"mariadb": self._make_mariadb, "postgresql": self._make_postgresql}
        make[self.server.engine]()

    def _make_mariadb(self) -> None:
        with closing(self.server.admin()) as admin, admin.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {self.name} CHARACTER SET utf8mb4")
            cursor.execute(f"CREATE USER IF NOT EXISTS {READER}@'%' IDENTIFIED BY '{READER_PASSWORD}'")
            cursor.execute(f"GRANT SELECT ON {self.name}.* TO {READER}@'%'")

    def _make_postgresql(self) -> None:
        with closing(self.server.admin()) as admin:
            if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [READER]).fetchone():
                admin.execute(f"CREATE ROLE {READER} LOGIN PASSWORD '{READER_PASSWORD}'")
            admin.execute(f"CREATE DATABASE {self.name}")
        with closing(self.server.admin(self.name)) as admin:
            admin.execute(f"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {READER}")

    def connect(self) -> Any:
        """As its owner."""
        if self.server.engine == "postgresql":
            return self.server.admin(self.name)
        return pymysql.connect(
            unix_socket=str(self.server.folder / "server.sock"),
            user="root",
            database=self.name,
            charset="utf8mb4",
            autocommit=True,
        )

    def run(self, script: str) -> None:
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            for line in script.splitlines():
                if line and not line.startswith("--"):
                    cursor.execute(line)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()]

    def mapping(self, **source: Any) -> dict[str, Any]:
        """As read from the file, with this database's address and what `source` changes."""
        given = tomllib.loads(self.mapping_text(**source))
        return given

    def mapping_text(self, prefix: str = "", **source: Any) -> str:
        text = (FOLDER / "mapping.toml").read_text()
        text = text.replace('"ENGINE"', f'"{self.server.engine}"').replace('"USER"', f'"{READER}"')
        text = text.replace("port = 1\n", f"port = {self.server.port}\n")
        text = text.replace('database = "agenda"', f'database = "{self.name}"')
        for name, value in source.items():
            head, _, tail = text.partition(f"{name} = ")
            text = f"{head}{name} = {value!r}\n{tail.partition(chr(10))[2]}".replace("'", '"')
        return text.replace('slug = "', f'slug = "{prefix}')


def next_monday(weeks: int = 3) -> date:
    today = date.today()
    return today + timedelta(days=7 * weeks - today.weekday())


__all__ = ["READER_PASSWORD", "Shared", "next_monday"]
