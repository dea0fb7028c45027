"""Every request has a trace id, taken from the edge or made here."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from reservo.config.logs import action_of
from reservo.core import trace

log = logging.getLogger("reservo.requests")


class TraceMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        with trace.tracing(trace.read(request.headers.get("traceparent", ""))) as trace_id:
            response = self.get_response(request)
            response["X-Trace-Id"] = trace_id
            if log.isEnabledFor(logging.INFO):
                trace.note(action=action_of(request))
                milliseconds = round((time.perf_counter() - began) * 1000, 1)
                facts = {"method": request.method, "status": response.status_code}
                log.info("request", extra={**facts, "milliseconds": milliseconds})
        return response

    def process_view(self, request: HttpRequest, *view: object) -> None:
        trace.note(action=action_of(request))
