"""Open live connections and note when each notice comes: `python -m bench.listening PORT ORIGIN FILE`, lines on stdin.

Each line of stdin is `slug<tab>cookie`, one connection; after an empty line all are opened and `open N` is said; at the
end of stdin the receipts are written to FILE as JSON: [slug, notice, instant].
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

AT_ONCE = 50


async def main(port: int, origin: str, file: Path) -> None:
    wanted = [line.rstrip("\n").split("\t") for line in iter(sys.stdin.readline, "\n")]
    receipts: list[tuple[str, int, float]] = []
    gate = asyncio.Semaphore(AT_ONCE)
    opened = [asyncio.create_task(_open(gate, port, origin, slug, cookie)) for slug, cookie in wanted]
    streams = await asyncio.gather(*opened)
    listening = [
        asyncio.create_task(_listen(reader, slug, receipts))
        for (reader, _), (slug, _) in zip(streams, wanted, strict=True)
    ]
    print(f"open {len(streams)}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    broken = sum(task.done() for task in listening)
    file.write_text(json.dumps({"broken": broken, "receipts": receipts}))
    for task in listening:
        task.cancel()


async def _open(
    gate: asyncio.Semaphore, port: int, origin: str, slug: str, cookie: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with gate:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"GET /{slug}/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: {origin}\r\nCookie: {cookie}\r\n\r\n"
        writer.write(head.encode())
        status = await reader.readline()
        if b" 200 " not in status:
            raise SystemExit(f"{slug}: {status!r}")
        while (await reader.readline()).strip():
            continue
        await reader.readline()  # the first event's chunk: the stream stands
        return reader, writer


async def _listen(reader: asyncio.StreamReader, slug: str, receipts: list[tuple[str, int, float]]) -> None:
    kind = b""
    while line := await reader.readline():
        if line.startswith(b"event: "):
            kind = line[7:].strip()
        elif line.startswith(b"id: ") and kind == b"notice":
            receipts.append((slug, int(line[4:].split(b".")[0]), time.time()))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
