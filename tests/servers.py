"""Real database servers of a test run's own: on loopback, on free ports, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.installation import free_ports

READY_SECONDS = 60.0
IN_MEMORY = (
    "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
)  # nobody's data: no disk needs to wait for it
PROVISIONER, PROVISIONER_PASSWORD = "reservo_provision", "provision-secret"
CONTROLLER, CONTROLLER_PASSWORD = "reservo_control", "control-secret"
APPLICATION, APPLICATION_PASSWORD = "reservo_app", "application-secret"


class Server:
    """A process, its directory, and the port it listens on."""

    user = ""

    def __init__(self, *, most_connections: int = 100) -> None:
        self.most_connections = most_connections
        self.folder = Path(tempfile.mkdtemp(prefix=f"reservo-{self.user}-", dir=IN_MEMORY))
        self.port = free_ports(1)[0]
        self.process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            shutil.chown(self.folder, self.user)

    def run(self, *argv: str, **options: Any) -> None:
        subprocess.run([*self.as_user(), *argv], check=True, capture_output=True, timeout=120, **options)

    def as_user(self) -> list[str]:
        """The servers refuse to run as root."""
        return ["runuser", "-u", self.user, "--"] if os.geteuid() == 0 else []

    def start(self) -> None:
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.argv(), stdout=log, stderr=subprocess.STDOUT, start_new_session=True, **self._identity()
            )
        self._wait()

    def _identity(self) -> dict[str, Any]:
        if os.geteuid() != 0:
            return {}
        who = pwd.getpwnam(self.user)
        return {"user": who.pw_uid, "group": who.pw_gid}

    def argv(self) -> list[str]:
        raise NotImplementedError

    def _wait(self) -> None:
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                if self.answers():
                    return
            time.sleep(0.1)
        raise AssertionError((self.folder / "server.log").read_text()[-3000:])

    def answers(self) -> bool:
        raise NotImplementedError

    def kill(self) -> None:
        """As a power cut would."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def end(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class PostgresServer(Server):
    user = "postgres"
    engine = "postgresql"
    options: dict[str, object] = {}

    def __init__(self, **options: int) -> None:
        super().__init__(**options)
        self.data = self.folder / "data"
        self.fill()

    def fill(self) -> None:
        self.run(
            str(self.bin / "initdb"),
            "-D",
            str(self.data),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        )

    @property
    def bin(self) -> Path:
        return sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]

    def argv(self) -> list[str]:
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "fsync": "off",
            "shared_buffers": "64MB",
            "dynamic_shared_memory_type": "mmap",  # in its folder: one that is killed leaves nothing elsewhere
            "max_connections": self.most_connections,
            **self.options,
        }
        return [
            str(self.bin / "postgres"),
            "-D",
            str(self.data),
            *(f"-c{name}={value}" for name, value in options.items()),
        ]

    def answers(self) -> bool:
        import psycopg

        with contextlib.suppress(psycopg.OperationalError), self.admin():
            return True
        return False

    def admin(self, database: str = "postgres") -> Any:
        import psycopg

        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            dbname=database,
            autocommit=True,
            connect_timeout=3,
        )

    def pool(self, name: str, application: str = APPLICATION) -> dict[str, str]:
        """A database for centres with its two log-ins; what `stores.add` takes."""
        with self.admin() as admin:
            made = {row[0] for row in admin.execute("SELECT rolname FROM pg_roles")}
            if PROVISIONER not in made:
                admin.execute(f"CREATE ROLE {PROVISIONER} LOGIN CREATEROLE PASSWORD '{PROVISIONER_PASSWORD}'")
            if application not in made:
                admin.execute(f"CREATE ROLE {application} LOGIN NOINHERIT PASSWORD '{APPLICATION_PASSWORD}'")
            admin.execute(f'CREATE DATABASE "{name}" OWNER {PROVISIONER}')
        with self.admin(name) as admin:
            admin.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
            admin.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
            admin.execute(f'GRANT CONNECT ON DATABASE "{name}" TO {application}')
            admin.execute(f"GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer) TO {PROVISIONER}")
        return {
            "engine": self.engine,
            "address": f"127.0.0.1:{self.port}/{name}",
            "login": application,
            "password": APPLICATION_PASSWORD,
            "provisioner": PROVISIONER,
            "provisioner_password": PROVISIONER_PASSWORD,
        }

    @contextlib.contextmanager
    def asking(self, database: str, namespace: str) -> Iterator[Callable[[str], list[Any]]]:
        """Asks one namespace with plain SQL; the server's own log-in, none of the program's code."""
        with self.admin(database) as admin:
            admin.execute(f'SET search_path TO "{namespace}"')
            yield lambda sql: admin.execute(sql).fetchall()

    def control_url(self, name: str = "control") -> str:
        """A database for a control plane; what RESERVO_CONTROL_URL takes."""
        with self.admin() as admin:
            if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [CONTROLLER]).fetchone():
                admin.execute(f"CREATE ROLE {CONTROLLER} LOGIN PASSWORD '{CONTROLLER_PASSWORD}'")
            admin.execute(f'CREATE DATABASE "{name}" OWNER {CONTROLLER}')
        return f"postgresql://{CONTROLLER}:{CONTROLLER_PASSWORD}@127.0.0.1:{self.port}/{name}"


class MariaServer(Server):
    user = "mysql"
    engine = "mariadb"
    options: tuple[str, ...] = ()

    def __init__(self, **options: int) -> None:
        super().__init__(**options)
        self.data = self.folder / "data"
        self.run(
            "mariadb-install-db",
            "--no-defaults",
            f"--datadir={self.data}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        )

    def argv(self) -> list[str]:
        return [
            shutil.which("mariadbd") or "/usr/sbin/mariadbd",
            "--no-defaults",
            f"--datadir={self.data}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            f"--socket={self.folder / 'server.sock'}",
            f"--pid-file={self.folder / 'server.pid'}",
            "--innodb-flush-log-at-trx-commit=2",
            "--innodb-buffer-pool-size=128M",
            "--skip-name-resolve",
            f"--max-connections={self.most_connections}",
            *self.options,
        ]

    def answers(self) -> bool:
        import pymysql

        with contextlib.suppress(pymysql.OperationalError), self.admin():
            return True
        return False

    def admin(self) -> Any:
        import pymysql

        return pymysql.connect(
            unix_socket=str(self.folder / "server.sock"), user="root", autocommit=True, connect_timeout=3
        )

    def pool(self, name: str, application: str = APPLICATION) -> dict[str, str]:
        """Two log-ins on the server; the databases of centres have the store's name in front."""
        with self.admin() as admin, admin.cursor() as cursor:
            for who, password in (
                (PROVISIONER, PROVISIONER_PASSWORD),
                (application, APPLICATION_PASSWORD),
            ):
                cursor.execute(f"CREATE USER IF NOT EXISTS {who}@'%' IDENTIFIED BY '{password}'")
            cursor.execute(f"GRANT ALL ON *.* TO {PROVISIONER}@'%' WITH GRANT OPTION")
        return {
            "engine": self.engine,
            "address": f"127.0.0.1:{self.port}",
            "login": application,
            "password": APPLICATION_PASSWORD,
            "provisioner": PROVISIONER,
            "provisioner_password": PROVISIONER_PASSWORD,
        }

    @contextlib.contextmanager
    def asking(self, database: str, namespace: str) -> Iterator[Callable[[str], list[Any]]]:
        """As PostgresServer's; here a namespace is a database, whatever the pool is called."""
        with self.admin() as admin, admin.cursor() as cursor:
            cursor.execute(f"USE `{namespace}`")

            def ask(sql: str) -> list[Any]:
                cursor.execute(sql)
                return list(cursor.fetchall())

            yield ask

    def control_url(self, name: str = "control") -> str:
        with self.admin() as admin, admin.cursor() as cursor:
            cursor.execute(
                f"CREATE USER IF NOT EXISTS {CONTROLLER}@'%' IDENTIFIED BY '{CONTROLLER_PASSWORD}'"
            )
            cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
            cursor.execute(f"GRANT ALL ON `{name}`.* TO {CONTROLLER}@'%'")
        return f"mariadb://{CONTROLLER}:{CONTROLLER_PASSWORD}@127.0.0.1:{self.port}/{name}"


class PostgresStandby(PostgresServer):
    """Follows the primary that it was copied from."""

    def __init__(self, primary: PostgresServer) -> None:
        self.primary = primary
        super().__init__()

    def fill(self) -> None:
        self.run(
            *(str(self.bin / "pg_basebackup"), "-h", "127.0.0.1", "-p", str(self.primary.port)),
            *("-U", "postgres", "-D", str(self.data), "-R", "-X", "stream", "-c", "fast"),
        )


class PostgresPair:
    """A primary and its streaming standby."""

    engine = "postgresql"

    def __init__(self, **options: object) -> None:
        self.primary = PostgresServer()
        self.primary.start()
        self.standby = PostgresStandby(self.primary)
        self.standby.options = options
        self.standby.start()

    def wait_at_every_commit(self) -> None:
        """Nothing is acknowledged that the standby does not have."""
        with self.primary.admin() as admin:
            admin.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            admin.execute("SELECT pg_reload_conf()")
        self._until_synchronous()

    def _until_synchronous(self) -> None:
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end:
            with self.primary.admin() as admin:
                if admin.execute("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'").fetchone():
                    return
            time.sleep(0.05)
        raise AssertionError("no synchronous standby")

    def end(self) -> None:
        self.standby.end()
        self.primary.end()


class MariaMember(MariaServer):
    """One of two that can follow each other."""

    def __init__(self) -> None:
        super().__init__()
        self.options = (
            *(f"--server-id={self.port}", "--log-bin=journal", "--log-slave-updates"),
            "--log-bin-trust-function-creators=1",
        )


class MariaPair:
    """A primary and its replica, which follows it from its first day on."""

    engine = "mariadb"

    def __init__(self) -> None:
        self.primary, self.standby = MariaMember(), MariaMember()
        self.primary.start()
        self.standby.start()
        with self.primary.admin() as admin, admin.cursor() as cursor:
            cursor.execute("CREATE USER follower@'%' IDENTIFIED BY 'follow-secret'")
            cursor.execute("GRANT REPLICATION SLAVE ON *.* TO follower@'%'")
        with self.standby.admin() as admin, admin.cursor() as cursor:
            cursor.execute(
                f"CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={self.primary.port}, MASTER_USER='follower',"
                " MASTER_PASSWORD='follow-secret', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1"
            )
            cursor.execute("SET GLOBAL read_only = 1")
            cursor.execute("START SLAVE")

    def wait_at_every_commit(self) -> None:
        """Nothing is acknowledged that the replica does not have (in its relay log)."""
        with self.primary.admin() as admin, admin.cursor() as cursor:
            cursor.execute("SET GLOBAL rpl_semi_sync_master_wait_point = 'AFTER_SYNC'")
            cursor.execute("SET GLOBAL rpl_semi_sync_master_timeout = 3600000")
            cursor.execute("SET GLOBAL rpl_semi_sync_master_enabled = 1")
        with self.standby.admin() as admin, admin.cursor() as cursor:
            cursor.execute("SET GLOBAL rpl_semi_sync_slave_enabled = 1")
            cursor.execute("STOP SLAVE IO_THREAD")
            cursor.execute("START SLAVE IO_THREAD")
        self._until_synchronous()

    def _until_synchronous(self) -> None:
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end:
            with self.primary.admin() as admin, admin.cursor() as cursor:
                cursor.execute("SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_master_clients'")
                if int(cursor.fetchone()[1]):
                    return
            time.sleep(0.05)
        raise AssertionError("no replica that acknowledges")

    def end(self) -> None:
        self.standby.end()
        self.primary.end()


PAIRS = {pair.engine: pair for pair in (PostgresPair, MariaPair)}
SERVERS = {server.engine: server for server in (PostgresServer, MariaServer)}


def missing(engine: str) -> str:
    """What to install for this engine's tests to run; nothing if it is there."""
    found = {
        "postgresql": any(Path("/usr/lib/postgresql").glob("*/bin/initdb")),
        "mariadb": shutil.which("mariadb-install-db") is not None,
    }
    packages = {"postgresql": "postgresql", "mariadb": "mariadb-server"}
    return "" if found[engine] else f"no {engine} (Debian: apt install {packages[engine]})"
