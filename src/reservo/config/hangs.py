"""Signs that a child hangs: a pulse that stands still, an address that does not answer while nobody works.

What never gave a sign is still starting. Looks are counted, not seconds: if the machine stood still as a whole, or the
supervisor did, no child is blamed for it.
"""

from __future__ import annotations

import http.client
import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

LOOK_SECONDS = 1.0
STILL_LOOKS = 5
MISSES = 3
MISSES_WHEN_FULL = 20  # longer than the server keeps a connection that says nothing
ANSWER_SECONDS = 2.0
AGAIN_SECONDS = 0.2
_ESTABLISHED = "01"
WORKING = 0.1  # of one core: whoever uses as much is busy


@dataclass(slots=True)
class Pulses:
    """The pulses of a child and of the processes that it started, one file each, named for the process."""

    place: Path
    _seen: dict[int, tuple[int, int]] = field(default_factory=dict)
    _looked: float = 0.0

    def clear(self) -> None:
        """Before a start: what an earlier child left says nothing."""
        self._seen.clear()
        with suppress(OSError):
            self.place.mkdir(parents=True, exist_ok=True)
            for file in self.place.iterdir():
                file.unlink()

    def still(self, group: int) -> list[int]:
        """Processes of the group whose pulse stood still for several looks; looks once a second."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return []
        self._looked = time.monotonic()
        found = []
        with suppress(OSError):
            for file in self.place.iterdir():
                if file.name.isdigit() and self._stands_still(int(file.name), file, group):
                    found.append(int(file.name))
        return found

    def _stands_still(self, process: int, file: Path, group: int) -> bool:
        try:
            beat = file.stat().st_mtime_ns
            if os.getpgid(process) != group:
                raise ProcessLookupError
        except (FileNotFoundError, ProcessLookupError):
            self._seen.pop(process, None)
            file.unlink(missing_ok=True)
            return False
        before, looks = self._seen.get(process, (0, 0))
        looks = looks + 1 if beat == before else 0
        self._seen[process] = (beat, looks)
        return looks >= STILL_LOOKS


class Live:
    """Asks for /live from a thread of its own; no answer while the child is busy is load, not a hang.

    With `room` connections open the server takes no more until one closes: it is given the time for that.
    """

    def __init__(self, host: str, port: int, *, room: int):
        self._address = (host, port)
        self._room = room
        self._group = 0
        self._misses = 0
        self._has_answered = False
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def is_missed(self) -> bool:
        if self._misses < MISSES:
            return False
        return self._misses >= MISSES_WHEN_FULL or connections_to(self._address[1]) < self._room

    def watch(self, group: int) -> None:
        """The child was started, as this group of processes."""
        with self._lock:
            self._group, self._misses, self._has_answered = group, 0, False
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="live", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            group, begun, used = self._group, time.monotonic(), processor_seconds(self._group)
            well = self._answers()
            busy = processor_seconds(group) - used > WORKING * (time.monotonic() - begun)
            with self._lock:
                if group == self._group:
                    self._note(well, busy)
            time.sleep(LOOK_SECONDS if well or not self._has_answered else AGAIN_SECONDS)

    def _note(self, well: bool, busy: bool) -> None:
        if well or busy:
            self._misses = 0
            self._has_answered = self._has_answered or well
        elif self._has_answered:
            self._misses += 1

    def _answers(self) -> bool:
        """Any answer is one."""
        connection = http.client.HTTPConnection(*self._address, timeout=ANSWER_SECONDS)
        try:
            connection.request("GET", "/live", headers={"Host": "127.0.0.1"})
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
        return True


def processor_seconds(group: int) -> float:
    """What the living processes of the group have used of the processor so far."""
    ticks = 0
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with suppress(OSError):
                values = Path(entry.path, "stat").read_text().rpartition(")")[2].split()
                if int(values[2]) == group:
                    ticks += int(values[11]) + int(values[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def connections_to(port: int) -> int:
    """How many are open to a port of this machine, those included that wait to be taken."""
    found = 0
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            rows = (line.split() for line in Path(table).read_text().splitlines()[1:])
            found += sum(row[1].endswith(f":{port:04X}") and row[3] == _ESTABLISHED for row in rows)
    return found
