"""Ports that are free, or words on how to choose others, before anything is started."""

from __future__ import annotations

import errno
import socket

from reservo.config import environment, processes


def refuse_taken() -> None:
    """Raises BadEnvironment if the pages' or the events' port is in use or may not be used."""
    for variable, port in (("PORT", environment.port()), ("RESERVO_EVENTS_PORT", environment.events_port())):
        if reason := _reason(processes.bind(), port):
            raise environment.BadEnvironment(f"Port {port} {reason}: choose another with {variable}=…")


def _reason(address: str, port: int) -> str:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((address, port))
        except OSError as refused:
            return "is taken" if refused.errno == errno.EADDRINUSE else f"cannot be used ({refused.strerror})"
    return ""
