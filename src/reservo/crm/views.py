"""Automatic mail: rules, words with preview, and whom to call because no mail can reach them."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from reservo import tenancy
from reservo.agenda.facts import Facts
from reservo.audit.operations import record
from reservo.catalog import queries as catalog
from reservo.core import text, zones
from reservo.core.clock import now
from reservo.crm import composing, kinds, leading, queries
from reservo.crm.forms import AutomaticForm, WordsForm
from reservo.crm.kinds import Words
from reservo.crm.leading import Answers, Urls
from reservo.crm.models import AutomaticMail
from reservo.notifications.models import MailText
from reservo.staff.access import right

NOWHERE = Urls("#", "#", "#", "#")


@require_http_methods(["GET", "HEAD", "POST"])
@right("configuration.edit")
def automatic(request: HttpRequest) -> HttpResponse:
    form = AutomaticForm(request.POST or None, instance=AutomaticMail.objects.get())
    if request.method == "POST" and form.is_valid():
        with tenancy.atomic():
            form.save()
            record("mail.rules", "automatic_mail", 1, by=request.staff.actor(), at=now())
        messages.success(request, _("Cambios guardados."))
        return redirect("crm:automatic")
    texts = [(kind, kinds.LABELS[kind], language) for kind in kinds.ALL for language in kinds.LANGUAGES]
    status = 422 if request.method == "POST" else 200
    return render(request, "crm/automatic.html", {"form": form, "texts": texts}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@right("configuration.edit")
def words(request: HttpRequest, kind: str, language: str) -> HttpResponse:
    _check(kind, language)
    current = composing.words_for(kind, language)
    form = WordsForm(
        request.POST or None, initial={"subject": current.subject, "body": current.body}, language=language
    )
    if request.method == "POST" and form.is_valid():
        with tenancy.atomic():
            MailText.objects.update_or_create(kind=kind, language=language, defaults=form.cleaned_data)
            _record_words(request, kind, language)
        messages.success(request, _("Cambios guardados."))
        return redirect("crm:words", kind, language)
    context = {
        "form": form,
        "kind": kind,
        "text_language": language,
        "title": kinds.LABELS[kind],
        "is_own": MailText.objects.filter(kind=kind, language=language).exists(),
        "placeholders": ["{" + name + "}" for name in kinds.PLACEHOLDERS[language]],
    }
    return render(request, "crm/words.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@right("configuration.edit")
def words_as_shipped(request: HttpRequest, kind: str, language: str) -> HttpResponse:
    _check(kind, language)
    with tenancy.atomic():
        MailText.objects.filter(kind=kind, language=language).delete()
        _record_words(request, kind, language)
    messages.success(request, _("Vuelve a salir el texto original."))
    return redirect("crm:words", kind, language)


def _record_words(request: HttpRequest, kind: str, language: str) -> None:
    name = f"{kinds.LABELS[kind]} ({language})"
    by = request.staff.actor()
    record("mail.words", "mail_text", f"{kind} {language}", by=by, at=now(), details={"name": name})


@require_safe
@right("configuration.edit")
def preview(request: HttpRequest, kind: str, language: str) -> HttpResponse:
    """The mail with sample facts, in a page of its own that the editor shows in a frame."""
    _check(kind, language)
    current = composing.words_for(kind, language)
    given = Words(
        request.GET.get("subject", current.subject)[:150], request.GET.get("body", current.body)[:5_000]
    )
    centre = catalog.centre()
    with translation.override(language):
        facts = _sample(kind, language)
        values = composing.values_of(facts, "Camila", _("mañana"), centre.name, language)
        shown = composing.filled_words(given, values)
        ways = leading.of_patient(kind, NOWHERE, Answers())
        _text, html = composing.rendered(kind, shown, centre, facts, ways)
    response = HttpResponse(html)
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'; sandbox"
    )
    return response


def _check(kind: str, language: str) -> None:
    if kind not in kinds.ALL or language not in kinds.LANGUAGES:
        raise Http404


def _sample(kind: str, language: str) -> Facts:
    """Tomorrow at 09:30 in the first branch, with its first service: the centre sees its own words."""
    branch, service, person = (
        found.first() for found in (catalog.branches(), catalog.services(), catalog.practitioners())
    )
    zone = branch.zone if branch else tenancy.current().zone
    day = zones.local_date(now(), zone) + timedelta(days=1)
    start = zones.at_minute(day, 9 * 60 + 30, zone)
    return Facts(
        service=service.name if service else _("Consulta"),
        practitioner=person.name if person else "Dra. Rojas",
        branch=branch.name if branch else catalog.centre().name,
        address=", ".join(part for part in (branch.address, branch.city) if part) if branch else "",
        map_url="#",
        phone=branch.phone if branch else "",
        day=text.day_long(day, language),
        clock="09:30",
        end_clock="10:00",
        short=f"{text.day_short(day, language)}, 09:30",
        zone=zones.zone_label(zone, language),
        offset=zones.offset_label(start, zone),
        instructions=(service.instructions,) if service and service.instructions else (),
    )


@require_safe
@right("agenda.see")
@tenancy.may_be_stale
def to_call(request: HttpRequest) -> HttpResponse:
    """Coming visits whose patient has no address that mail can be sent to."""
    page = Paginator(queries.visits_to_call(request.staff, at=now()), 50).get_page(request.GET.get("page"))
    return render(request, "crm/to_call.html", {"page": page, "calls": queries.reasoned(list(page))})
