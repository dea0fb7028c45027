"""The events process in a thread of the test, and browsers that listen to it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from contextlib import contextmanager

from reservo.notifications.live.app import Events

PUBLIC = "http://127.0.0.1:8000"
PATIENCE = 5.0


class Stream:
    """What one browser was sent: status, headers, and events as (kind, data, id)."""

    def __init__(self, service, slug, headers, query):
        self.status, self.headers, self.events, self.is_over = None, {}, [], False
        self._service, self._gone = service, None
        self.is_stuck = False
        self._changed = threading.Condition()
        self.scope = {
            "type": "http",
            "method": "GET",
            "path": f"/{slug}/events",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }

    async def run(self):
        self._gone = asyncio.Event()
        try:
            await self._service.events(self.scope, self._receive, self._send)
        finally:
            self._note(over=True)

    async def _receive(self):
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        while self.is_stuck:
            await asyncio.sleep(60)
        if message["type"] == "http.response.start":
            headers = {name.decode(): value.decode() for name, value in message["headers"]}
            self._note(status=message["status"], headers=headers)
        else:
            self._note(body=message["body"].decode())

    def _note(self, *, status=None, headers=None, body="", over=False):
        with self._changed:
            self.status, self.headers = status or self.status, headers or self.headers
            for block in body.split("\n\n"):
                lines = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
                if "event" in lines:
                    self.events.append((lines["event"], json.loads(lines["data"]), lines.get("id", "")))
            self.is_over = self.is_over or over
            self._changed.notify_all()

    def wait(self, what, timeout=PATIENCE):
        """Until `what(stream)` holds; whether it does."""
        with self._changed:
            return self._changed.wait_for(lambda: what(self), timeout)

    def wait_for(self, kind, timeout=PATIENCE):
        """The data of the first event of this kind that has not been taken yet; the events before it are left."""
        assert self.wait(lambda _: any(one[0] == kind for one in self.events), timeout), (
            kind,
            self.events,
        )
        with self._changed:
            found = next(one for one in self.events if one[0] == kind)
            self.events.remove(found)
        return found[1]

    def kinds(self):
        return [kind for kind, _, _ in self.events]

    @property
    def mark(self):
        return [mark for _, _, mark in self.events if mark][-1]

    def close(self):
        self._service.call(self._gone.set)


class Service:
    """Events on a loop in a thread of its own."""

    def __init__(self, bus=None):
        self.events = Events(bus)
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.call(self.events.start)

    def call(self, function):
        done = threading.Event()
        self.loop.call_soon_threadsafe(lambda: (function(), done.set()))
        assert done.wait(PATIENCE)

    def open(self, cast, role="receptionist", *, client=None, since="", wait=True, **headers):
        """A stream as that role's browser opens it; `client` shares one that is logged in."""
        client = client or (cast.client(role) if role else None)
        cookie = f"reservo_session={client.cookies['reservo_session'].value}" if client else ""
        query = f"since={since}" if since else ""
        stream = Stream(self, cast.slug, {"cookie": cookie, "origin": PUBLIC, **headers}, query)
        asyncio.run_coroutine_threadsafe(stream.run(), self.loop)
        if wait:
            assert stream.wait(lambda one: one.is_over or one.events)
        return stream

    def wait_empty(self):
        end = time.monotonic() + PATIENCE
        while self.events.hub.open and time.monotonic() < end:
            time.sleep(0.02)
        return not self.events.hub.open

    def stop(self):
        asyncio.run_coroutine_threadsafe(self._end(), self.loop).result(PATIENCE)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE)
        self.loop.close()

    async def _end(self):
        await self.events.stop()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.events._readers.shutdown()
        self.events._watcher.shutdown()


@contextmanager
def service(bus=None):
    running = Service(bus)
    try:
        yield running
    finally:
        running.stop()
