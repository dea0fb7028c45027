"""A store of the S3 API for tests, and a gate in front of it that can fail.

It is a server of the run's own on loopback, or that which RESERVO_TEST_OBJECTS names (`http://127.0.0.1:7480`), with
the credentials below: a real one checks what the run's own does not, signatures before all.
"""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3

from tests.installation import free_ports

READY_SECONDS = 60.0
BUCKET = "backups-of-the-run"
SECRET = "a-secret-that-nobody-may-see"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "key-of-the-run",
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nowhere/config",
    "AWS_SHARED_CREDENTIALS_FILE": "/nowhere/credentials",
}


class ObjectStore:
    """The run's own: its contents live in its memory; any credentials are accepted."""

    def __init__(self) -> None:
        self._outside = os.environ.get("RESERVO_TEST_OBJECTS", "")
        self.port = urlsplit(self._outside).port or free_ports(1)[0]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._log = Path(tempfile.mkstemp(prefix="reservo-objects-")[1])
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if self._outside:
            self.make_bucket(BUCKET)
            return
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end:
            with suppress(OSError):
                self._answers()
                self.make_bucket(BUCKET)
                return
            time.sleep(0.1)
        raise AssertionError(self._log.read_text()[-3000:])

    def make_bucket(self, name: str) -> None:
        self._client().create_bucket(Bucket=name)

    def minds_conditions_of_parts(self) -> bool:
        """Whether it refuses to end an upload in parts onto what is there. Amazon does; Ceph 16 does not."""
        client, named = self._client(), {"Bucket": BUCKET, "Key": "condition"}
        client.put_object(**named, Body=b"first")
        begun = client.create_multipart_upload(**named)["UploadId"]
        part = client.upload_part(**named, UploadId=begun, PartNumber=1, Body=b"second")
        parts = {"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]}
        with suppress(client.exceptions.ClientError):
            client.complete_multipart_upload(**named, UploadId=begun, MultipartUpload=parts, IfNoneMatch="*")
            return False
        client.abort_multipart_upload(**named, UploadId=begun)
        return True

    def _client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=SECRET,
        )

    def _answers(self) -> None:
        """Raises OSError as long as it does not."""
        socket.create_connection(("127.0.0.1", self.port), timeout=10).close()

    def address(self, prefix: str, *, bucket: str = BUCKET, endpoint: str = "") -> str:
        return f"s3://{bucket}/{prefix}?endpoint={endpoint or self.endpoint}&region=us-east-1"

    def end(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(20)
        self._log.unlink()


@dataclass(frozen=True)
class Fault:
    """Instead of the store's answer: a refusal, half of the answer, or (status 0) silence."""

    status: int = 0
    code: str = ""
    passes_on: bool = False
    cuts: bool = False


Rule = Callable[[str, str, dict[str, str]], Fault | None]


class Gate:
    """Hands calls on to a store, and answers by `rule` (method, path, headers) where that says so."""

    def __init__(self, store: ObjectStore) -> None:
        self.rule: Rule = lambda *call: None
        self.seen: list[tuple[str, str]] = []
        self.over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(store))
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def fails(self, method: str, fault: Fault, *, times: int = 1000, having: str = "") -> None:
        """The next calls of a method with something in their path or among their headers."""
        left = [times]

        def rule(called: str, path: str, headers: dict[str, str]) -> Fault | None:
            is_meant = called == method and (not having or having in path or having in headers)
            if not is_meant or not left[0]:
                return None
            left[0] -= 1
            return fault

        self.rule = rule

    def end(self) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self, store: ObjectStore) -> type[BaseHTTPRequestHandler]:
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self) -> None:
                gate.seen.append((self.command, self.path))
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fault = gate.rule(self.command, self.path, dict(self.headers))
                if fault is None or fault.passes_on or fault.cuts:
                    status, headers, content = self._asked(body)
                    if fault is None:
                        return self._answer(status, headers, content)
                    if fault.cuts:
                        return self._answer(status, headers, content, cut=len(content) // 2)
                assert fault is not None
                if not fault.status:
                    gate.over.wait(READY_SECONDS)
                    self.close_connection = True
                    return None
                text = f"<Error><Code>{fault.code}</Code><Message>{SECRET}</Message></Error>".encode()
                return self._answer(fault.status, {"Content-Length": str(len(text))}, text)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_one

            def _asked(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
                connection = http.client.HTTPConnection("127.0.0.1", store.port, timeout=30)
                headers = {name: value for name, value in self.headers.items() if name != "Expect"}
                connection.request(self.command, self.path, body or None, headers)
                answer = connection.getresponse()
                content = answer.read()
                connection.close()
                return answer.status, dict(answer.getheaders()), content

            def _answer(
                self, status: int, headers: dict[str, str], content: bytes, cut: int | None = None
            ) -> None:
                self.send_response_only(status)
                for name, value in headers.items():
                    if name.lower() not in ("connection", "transfer-encoding"):
                        self.send_header(name, value)
                self.send_header("Connection", "close")
                self.end_headers()
                self.close_connection = True
                self.wfile.write(content[:cut])

            def log_message(self, *words: object) -> None:
                pass

        return Handler
