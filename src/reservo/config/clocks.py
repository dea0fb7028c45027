"""Whether this machine's clock can be trusted: to a second, as leases and reminders need."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import time

MOST_SECONDS_OFF = 1.0
TIMEOUT_SECONDS = 3.0
_EPOCH_OF_NTP = 2_208_988_800  # seconds from 1900 to 1970
_ASK = b"\x23" + 47 * b"\0"  # version 4, client
_ADJTIMEX_BYTES, _MAX_ERROR_AT, _STATUS_AT, _UNSYNCHRONISED = 512, 24, 40, 0x0040


def seconds_off(server: str) -> float:
    """This clock minus that of an SNTP server (`host` or `host:port`). Raises OSError, ValueError."""
    host, _, port = server.partition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(TIMEOUT_SECONDS)
        asking.connect((host, int(port or 123)))
        sent = time.time()
        asking.send(_ASK)
        answer = asking.recv(128)
        received = time.time()
    if len(answer) < 48:
        raise ValueError("no time in the answer")
    whole, fraction = struct.unpack(">II", answer[40:48])
    theirs: float = whole - _EPOCH_OF_NTP + fraction / 2**32
    return (sent + received) / 2 - theirs


def kernel_seconds_off() -> float | None:
    """The most this clock is off as the kernel knows it; None if nothing keeps it (or this is no Linux)."""
    if os.uname().sysname != "Linux" or struct.calcsize("l") != 8:
        return None
    asked = ctypes.create_string_buffer(_ADJTIMEX_BYTES)
    if ctypes.CDLL(None).adjtimex(asked) < 0:
        return None
    (status,) = struct.unpack_from("i", asked, _STATUS_AT)
    (most_microseconds,) = struct.unpack_from("l", asked, _MAX_ERROR_AT)
    return None if status & _UNSYNCHRONISED else most_microseconds / 1_000_000
