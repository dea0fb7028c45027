"""A mail as it goes over the wire."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from django.conf import settings

from reservo.core import mailaddress
from reservo.core.clock import now
from reservo.notifications.kinds import Mail, Recipient
from reservo.notifications.models import Delivery


def built(mail: Mail, delivery: Delivery) -> EmailMessage:
    """Text and HTML with attachments; headers cannot be broken by what people typed."""
    message = EmailMessage(policy=SMTP)
    message["From"] = _address(mail.from_name, settings.RESERVO_MAIL_FROM)
    to = mail.to or Recipient(delivery.to_address, delivery.to_name)
    message["To"] = _address(to.name, to.address)
    message["Subject"] = _one_line(mail.subject)
    message["Date"] = format_datetime(now())
    message["Message-ID"] = delivery.message_id
    message["Auto-Submitted"] = "auto-generated"
    if mail.reply_to:
        message["Reply-To"] = _address(mail.from_name, mail.reply_to)
    if delivery.trace:
        message["Traceparent"] = delivery.trace
    for name, value in mail.headers.items():
        message[name] = _one_line(value)
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    for attachment in mail.attachments:
        main, _, sub = attachment.subtype.partition("/")
        params = {"charset": "utf-8"} if main == "text" else {}
        message.add_attachment(
            attachment.content, maintype=main, subtype=sub, filename=attachment.name, params=params
        )
    return message


def _address(name: str, address: str) -> Address:
    return Address(display_name=_one_line(name)[:100], addr_spec=mailaddress.check(address))


def _one_line(text: str) -> str:
    """Without line ends and other control characters: nothing typed becomes a header of its own."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
