"""The mailbox of a demo: what would have been delivered, to be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reservo.adapters.mail.mailbox import MailboxTransport
from reservo.ui.access import public

PAGE_SIZE = 30
LONGEST_TYPED = 100
END_OF_HEAD = b"\r\n\r\n"


_LINKS_LEAVE_THE_FRAME = '<base target="_top">'


@dataclass(frozen=True, slots=True)
class Shown:
    name: str
    subject: str
    sender: str
    recipient: str
    date: str


def _box() -> MailboxTransport:
    if not settings.RESERVO_DEMO:
        raise Http404
    return MailboxTransport(settings.RESERVO_DATA_DIR / "mailbox")


def _read(name: str) -> EmailMessage:
    try:
        return message_from_bytes(_box().read(name), policy=default)  # type: ignore[return-value]
    except FileNotFoundError:
        raise Http404 from None


def _shown(name: str) -> Shown:
    message = _read(name)
    return Shown(
        name, message["Subject"] or "", message["From"] or "", message["To"] or "", message["Date"] or ""
    )


@require_safe
@public
def index(request: HttpRequest) -> HttpResponse:
    typed = request.GET.get("q", "").strip()[:LONGEST_TYPED]
    names = _box().names()
    if typed:
        names = [name for name in names if _tells_of(name, typed.casefold())]
    page = Paginator(names, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "mails": [_shown(name) for name in page], "typed": typed}
    return render(request, "notifications/mailbox.html", context)


def _tells_of(name: str, typed: str) -> bool:
    """Whether subject or address has these letters; only the head of the message is read."""
    head, _, _ = _box().read(name).partition(END_OF_HEAD)
    message = message_from_bytes(head, policy=default)
    return typed in f"{message['Subject']} {message['To']}".casefold()


@require_safe
@public
def show(request: HttpRequest, name: str) -> HttpResponse:
    message = _read(name)
    plain = message.get_body(("plain",))
    context = {
        "mail": _shown(name),
        "headers": [(key, str(value)) for key, value in message.items()],
        "plain": plain.get_content() if plain else "",
        "attachments": [part.get_filename() for part in message.iter_attachments()],
    }
    return render(request, "notifications/mailbox_message.html", context)


@require_safe
@public
def html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML part in a page that may do nothing but be looked at."""
    body = _read(name).get_body(("html",))
    content = body.get_content() if body else ""
    response = HttpResponse(content.replace("<head>", f"<head>{_LINKS_LEAVE_THE_FRAME}", 1))
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
    )
    return response
