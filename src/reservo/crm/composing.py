"""Making a mail from the rows as they are at the moment of sending."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from reservo import tenancy
from reservo.agenda import links
from reservo.agenda.calendar_file import calendar_file
from reservo.agenda.facts import Facts, facts_of
from reservo.agenda.models import Appointment
from reservo.agenda.transitions import CANCELLED as CANCELLED_STATES
from reservo.catalog import queries as catalog
from reservo.catalog.models import Centre
from reservo.core.clock import now
from reservo.crm import kinds
from reservo.crm.kinds import Words
from reservo.notifications import kinds as registry
from reservo.notifications.kinds import Attachment, Mail
from reservo.notifications.models import Delivery, MailText


def register_kinds() -> None:
    for kind in kinds.ALL:
        registry.register(kind, compose)


def compose(delivery: Delivery) -> Mail | None:
    """The mail, or None if the visit does not want it any more."""
    related = Appointment.objects.select_related("branch", "practitioner", "patient")
    appointment = related.filter(pk=delivery.appointment_id).first()
    if appointment is None or not still_due(delivery, appointment):
        return None
    with translation.override(delivery.language):
        return _mail(delivery.kind, delivery.language, appointment, delivery.to_name)


def still_due(delivery: Delivery, appointment: Appointment) -> bool:
    """A cancelled visit wants only its own notice; one that began, or was moved to another day, no old mail."""
    if delivery.kind == kinds.CANCELLED:
        return appointment.state in CANCELLED_STATES
    if appointment.state in CANCELLED_STATES or appointment.starts_at <= now():
        return False
    if delivery.kind == kinds.REMINDER:
        return delivery.version == reminder_version(appointment.local_date)
    if delivery.kind == kinds.MOVED:
        return delivery.version == str(appointment.time_version)
    return True


def reminder_version(day: date) -> str:
    return day.isoformat()


def words_for(kind: str, language: str) -> Words:
    """The centre's own text, else the one that ships."""
    own = MailText.objects.filter(kind=kind, language=language).first()
    return Words(own.subject, own.body) if own else kinds.SHIPPED[kind, language]


def values_of(facts: Facts, to_name: str, centre_name: str, language: str) -> dict[str, str]:
    values = (
        to_name,
        facts.service,
        facts.practitioner,
        facts.branch,
        facts.day,
        facts.clock,
        facts.short,
        centre_name,
    )
    return dict(zip(kinds.PLACEHOLDERS[language], values, strict=True))


def rendered(
    kind: str, language: str, words: Words, context: dict, values: dict[str, str]
) -> tuple[str, str, str]:
    """(subject, text, HTML)."""
    body = kinds.filled(words.body, values)
    full = {
        **context,
        "kind": kind,
        "language": language,
        "paragraphs": [p for p in body.split("\n") if p.strip()],
    }
    subject = " ".join(kinds.filled(words.subject, values).split())[:150]
    return (
        subject,
        render_to_string("crm/mail.txt", full),
        render_to_string("crm/mail.html", {**full, "subject": subject}),
    )


def _mail(kind: str, language: str, appointment: Appointment, to_name: str) -> Mail:
    centre = catalog.centre()
    facts = facts_of(appointment, language)
    subject, text, html = rendered(
        kind,
        language,
        words_for(kind, language),
        context_of(centre, facts, links.manage_url(appointment)),
        values_of(facts, to_name, centre.name, language),
    )
    return Mail(
        subject=subject,
        text=text,
        html=html,
        from_name=centre.name,
        reply_to=appointment.branch.email or centre.reply_to,
        attachments=(_calendar(appointment, centre, facts),),
    )


def context_of(centre: Centre, facts: Facts, manage_url: str) -> dict:
    home = f"{settings.RESERVO_PUBLIC_URL}/{tenancy.current().slug}/"
    return {
        "centre": centre,
        "facts": facts,
        "manage_url": manage_url,
        "book_url": home,
        "logo_url": f"{home}logo.png" if centre.logo else "",
    }


def _calendar(appointment: Appointment, centre: Centre, facts: Facts) -> Attachment:
    content = calendar_file(
        appointment,
        title=f"{facts.service or _('Cita')} · {centre.name}",
        place=facts.address or facts.branch,
        url=links.manage_url(appointment),
        at=now(),
    )
    return Attachment("cita.ics", content, "text/calendar")
