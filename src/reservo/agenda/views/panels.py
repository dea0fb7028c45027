"""What the agenda shows at its side; opened by its own address, the same in a page of its own."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def in_panel(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    if request.htmx:
        return render(request, template, context, status=status)
    return render(request, "agenda/alone.html", {**context, "panel": template}, status=status)
