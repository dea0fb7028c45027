"""Making a mail from the rows as they are at the moment of sending."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

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
from reservo.core import colours, text, zones
from reservo.core.clock import now
from reservo.crm import deadlines, kinds, leading
from reservo.crm.addressing import Addressee, addressee
from reservo.crm.kinds import Words
from reservo.crm.leading import Answers, Urls, Ways
from reservo.jobs import turns
from reservo.notifications import kinds as registry
from reservo.notifications.kinds import Attachment, Mail, Recipient
from reservo.notifications.models import Delivery, MailText

LIGHT_PANEL, DARK_PANEL = "#f3f4f6", "#282c35"


def register_kinds() -> None:
    for kind in kinds.ALL:
        registry.register(kind, compose, label=kinds.LABELS[kind])
    registry.register(kinds.COPY, compose_copy, label=kinds.LABELS[kinds.COPY])


def compose(delivery: Delivery) -> Mail | None:
    """The patient's mail, or None if the visit does not want it any more."""
    appointment = _visit_of(delivery)
    if appointment is None or not still_due(delivery, appointment):
        return None
    to = addressee(appointment)
    if not to.address:
        return None
    with translation.override(to.language):
        return _mail(delivery.kind, appointment, to)


def compose_copy(delivery: Delivery) -> Mail | None:
    """The confirmation as the centre sees it: a link to the agenda, none of the patient's own."""
    appointment = _visit_of(delivery)
    if appointment is None or not still_due(delivery, appointment):
        return None
    with translation.override(delivery.language):
        return _copy(appointment, addressee(appointment), delivery.language)


def _visit_of(delivery: Delivery) -> Appointment | None:
    related = Appointment.objects.select_related("branch", "practitioner", "patient")
    return related.filter(pk=delivery.appointment_id).first()


def still_due(delivery: Delivery, appointment: Appointment) -> bool:
    """A cancelled visit wants only its own notice; one that began, or went to another day, no old mail."""
    if delivery.kind == kinds.CANCELLED:
        return appointment.state in CANCELLED_STATES
    if appointment.state in CANCELLED_STATES or appointment.starts_at <= now():
        return False
    if delivery.kind == kinds.REMINDER:
        return delivery.version == reminder_version(appointment.local_date)
    return delivery.kind != kinds.MOVED or not _is_told_by_a_later_one(delivery)


def _is_told_by_a_later_one(delivery: Delivery) -> bool:
    later = Delivery.objects.filter(subject_key=delivery.subject_key, kind=delivery.kind, pk__gt=delivery.pk)
    return later.exists()


def reminder_version(day: date) -> str:
    return day.isoformat()


def words_for(kind: str, language: str) -> Words:
    """The centre's own text, else the one that ships."""
    own = turns.read_once("mail texts", lambda: list(MailText.objects.all()))
    texts = {(text.kind, text.language): Words(text.subject, text.body) for text in own}
    return texts.get((kind, language)) or kinds.SHIPPED[kind, language]


def values_of(facts: Facts, to_name: str, day: str, centre_name: str, language: str) -> dict[str, str]:
    """What each placeholder of the language stands for."""
    values = (
        to_name,
        facts.service,
        facts.practitioner,
        facts.branch,
        facts.day,
        facts.clock,
        facts.short,
        day,
        centre_name,
    )
    return dict(zip(kinds.PLACEHOLDERS[language], values, strict=True))


def day_in_words(start: datetime, zone: str, language: str, *, at: datetime) -> str:
    """`hoy`, `mañana`, `el mar 1 dic`, seen from `at` in the branch's zone."""
    day, today = zones.local_date(start, zone), zones.local_date(at, zone)
    if day == today:
        return _("hoy")
    if day == today + timedelta(days=1):
        return _("mañana")
    return _("el %(day)s") % {"day": text.day_short(day, language)}


def filled_words(words: Words, values: dict[str, str]) -> Words:
    subject = " ".join(kinds.filled(words.subject, values).split())[:150]
    return Words(subject, kinds.filled(words.body, values))


def rendered(kind: str, words: Words, centre: Centre, facts: Facts, ways: Ways) -> tuple[str, str]:
    """(text, HTML) in the active language; what the words hold is shown as text, never read as markup."""
    full = {
        **_look(centre),
        "facts": facts,
        "ways": ways,
        "is_cancelled": kind == kinds.CANCELLED,
        "is_copy": kind == kinds.COPY,
        "at_a_glance": " · ".join(filter(None, (facts.short, facts.service, facts.branch))),
        "language": translation.get_language(),
        "subject": words.subject,
        "paragraphs": [line.strip() for line in words.body.split("\n") if line.strip()],
    }
    return render_to_string("crm/mail.txt", full), render_to_string("crm/mail.html", full)


def _mail(kind: str, appointment: Appointment, to: Addressee) -> Mail:
    centre = turns.read_once("centre", catalog.centre)
    facts = facts_of(appointment, to.language)
    day = day_in_words(appointment.starts_at, appointment.zone, to.language, at=now())
    # Anybody books for any address: what was typed as a name must not become a link under the centre's name.
    name = text.without_addresses(to.name)
    values = values_of(facts, name, day, centre.name, to.language)
    words = filled_words(words_for(kind, to.language), values)
    ways = leading.of_patient(kind, _urls(appointment, to.language), still_taken(appointment, at=now()))
    plain, html = rendered(kind, words, centre, facts, ways)
    return Mail(
        subject=words.subject,
        text=plain,
        html=html,
        from_name=centre.name,
        reply_to=appointment.branch.email or centre.reply_to,
        attachments=(_calendar(appointment, centre, facts, to.language),),
        to=Recipient(to.address, to.name),
    )


def _copy(appointment: Appointment, to: Addressee, language: str) -> Mail:
    centre = turns.read_once("centre", catalog.centre)
    facts = facts_of(appointment, language)
    who = to.name or _("Sin nombre")
    told = (
        _("Se le escribió a %(address)s.") % {"address": to.address} if to.address else _("No tiene correo.")
    )
    words = Words(f"{_('Copia')}: {who}, {facts.short}"[:150], f"{who}\n{told}")
    ways = leading.of_centre(_agenda_url(appointment))
    plain, html = rendered(kinds.COPY, words, centre, facts, ways)
    return Mail(subject=words.subject, text=plain, html=html, from_name=centre.name)


def _agenda_url(appointment: Appointment) -> str:
    place = f"dia={appointment.local_date}&sucursal={appointment.branch_id}&cita={appointment.pk}"
    return f"{_home()}agenda/?{place}"


def _urls(appointment: Appointment, language: str) -> Urls:
    return Urls(
        manage=links.manage_url(appointment, language),
        move=links.manage_url(appointment, language, page="mover"),
        cancel=links.manage_url(appointment, language, page="cancelar"),
        book=f"{_home()}?lang={language}",
    )


def _look(centre: Centre) -> dict[str, Any]:
    """The centre's name, logo, and colour, made readable on the panel of facts in light and in dark."""
    accent = colours.readable(centre.colour, LIGHT_PANEL)
    return {
        "centre": centre,
        "logo_url": f"{_home()}logo.png?v={centre.logo[-12:-4]}" if centre.logo else "",
        "accent": accent,
        "on_accent": colours.ink_on(accent),
        "accent_dark": colours.readable(centre.colour, DARK_PANEL),
        "light_panel": LIGHT_PANEL,
        "dark_panel": DARK_PANEL,
    }


def still_taken(appointment: Appointment, *, at: datetime) -> Answers:
    rules = turns.read_once("deadlines", deadlines.deadlines)
    left = appointment.starts_at - at
    return Answers(
        confirm=appointment.state == Appointment.State.NOT_CONFIRMED,
        move=left >= rules.move,
        cancel=left >= rules.cancel,
    )


def _home() -> str:
    return f"{settings.RESERVO_PUBLIC_URL}/{tenancy.current().slug}/"


def _calendar(appointment: Appointment, centre: Centre, facts: Facts, language: str) -> Attachment:
    content = calendar_file(
        appointment,
        title=f"{facts.service or _('Cita')} · {centre.name}",
        place=facts.address or facts.branch,
        url=links.manage_url(appointment, language),
        at=now(),
    )
    return Attachment("cita.ics", content, "text/calendar")
