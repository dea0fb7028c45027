"""An SMTP server that takes every mail and writes down Message-ID and recipient: `python -m bench.sink PORT FILE`."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path


class Session(asyncio.Protocol):
    """The commands a client needs to hand over mail, and no more."""

    def __init__(self, out: object):
        self._out = out
        self._left = b""
        self._recipient = b""
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._say(b"220 sink")

    def data_received(self, data: bytes) -> None:
        self._left += data
        while self._left:
            end = self._left.find(b"\r\n.\r\n") if self._in_data else self._left.find(b"\r\n")
            if end < 0:
                return
            if self._in_data:
                content, self._left = self._left[:end], self._left[end + 5 :]
                self._keep(content)
            else:
                line, self._left = self._left[:end], self._left[end + 2 :]
                self._command(line)

    def _command(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"EHLO":
            self._say(b"250-sink\r\n250 8BITMIME")
        elif verb == b"RCPT":
            self._recipient = line.partition(b"<")[2].partition(b">")[0]
            self._say(b"250 ok")
        elif verb == b"DATA":
            self._in_data = True
            self._say(b"354 go on")
        elif verb == b"QUIT":
            self._say(b"221 bye")
            self._transport.close()
        else:
            self._say(b"250 ok")

    def _keep(self, content: bytes) -> None:
        self._in_data = False
        header = content[: content.find(b"\r\n\r\n")]
        found = next((h for h in header.split(b"\r\n") if h[:11].lower() == b"message-id:"), b"")
        self._out.write(found[11:].strip() + b" " + self._recipient + b"\n")
        self._say(b"250 taken")

    def _say(self, text: bytes) -> None:
        self._transport.write(text + b"\r\n")


async def serve(port: int, file: Path) -> None:
    with file.open("ab", buffering=1 << 16) as out:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Session(out), "127.0.0.1", port)
        over = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, over.set)
        while not over.is_set():
            try:
                await asyncio.wait_for(over.wait(), 0.2)
            except TimeoutError:
                out.flush()
        server.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
