"""Asks for a page of one centre at a fixed rate until its standard input ends.

`python -m bench.pacing RATE URL PATH COOKIE`: several connections, so that one slow answer does not hold the rate back;
says how many answers were not 200.
"""

from __future__ import annotations

import http.client
import select
import sys
import threading
import time
from urllib.parse import urlsplit

CONNECTIONS = 4


def main(rate: float, url: str, path: str, cookie: str) -> None:
    over = threading.Event()
    refused: list[int] = []
    threads = [
        threading.Thread(target=_ask, args=(rate / CONNECTIONS, url, path, cookie, over, refused))
        for _ in range(CONNECTIONS)
    ]
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    select.select([sys.stdin], [], [])
    over.set()
    for thread in threads:
        thread.join()
    print(len(refused), flush=True)


def _ask(rate: float, url: str, path: str, cookie: str, over: threading.Event, refused: list[int]) -> None:
    """A rate of 0 is without bound."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    due = time.monotonic()
    while not over.wait(max(0, due - time.monotonic())):
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            refused.append(answer.status)
        due = max(due + 1 / rate, time.monotonic() - 1) if rate else 0


if __name__ == "__main__":
    main(float(sys.argv[1]), *sys.argv[2:])
