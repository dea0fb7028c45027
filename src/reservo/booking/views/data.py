"""The patient's own data, the last step: posting them turns the held hour into a visit."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _

from reservo import tenancy
from reservo.agenda import links
from reservo.agenda import operations as agenda
from reservo.booking import operations
from reservo.booking.forms import PatientForm
from reservo.booking.operations import BadBooking, OnlineBooking, PatientRefused
from reservo.booking.views import choosing, fresh, holding, proofs
from reservo.booking.views.common import Refusal, for_patients, language, page
from reservo.booking.views.proofs import BadProof, Proof
from reservo.catalog import queries as catalog
from reservo.catalog.queries import centre_of
from reservo.core import text, zones
from reservo.core.clock import now

NOT_TYPED = ("p", "lang")


@tenancy.goes_on_without_primary
@for_patients("GET", "POST")
def own_data(request: HttpRequest) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    try:
        proof = proofs.read(given.get("p", ""))
    except BadProof:
        title = _("Este formulario está incompleto")
        raise Refusal(400, title, _("Vuelve atrás, o elige otra vez la hora.")) from None
    if request.method != "POST":
        return form_page(request, PatientForm(centre=centre_of(request)), proof)
    form = PatientForm(_typed(request), centre=centre_of(request))
    wanted = _wanted(form, proof)
    if form.is_valid():
        return _booked(request, form, proof, wanted)
    return _with_every_error(request, form, proof, wanted)


def form_page(request: HttpRequest, form: PatientForm, proof: Proof, *, status: int = 200) -> HttpResponse:
    """The form with the hour it is for; what it shows as privacy text is signed into it."""
    catalogue = catalog.online_catalogue()
    choice = choosing.choice_of(proof.params(), catalogue)
    who = catalogue.practitioners.get(proof.practitioner_id)
    if choice.is_astray or choice.branch is None or who is None:
        return holding.gone(
            request, choice, catalogue, proof.starts_at, agenda.NotOffered(), kept=holding.typed_in(request)
        )
    shown = catalog.privacy_text(language())
    proof = replace(
        proof,
        privacy_version=shown.version if shown else 0,
        privacy_language=shown.language if shown else language(),
    )
    start = zones.local(proof.starts_at, choice.branch.zone)
    seconds = proof.seconds_left(now())
    form.focus_first_error()
    context = {
        "form": form,
        "proof": proofs.sign(proof),
        "choice": choice,
        "when": text.day_and_clock(start, language()),
        "offset": zones.offset_label(start, choice.branch.zone),
        "summary": choosing.where_and_what(choice, catalogue, centre_of(request)),
        "who": who.name,
        "seconds_left": seconds,
        "minutes_left": -(-seconds // 60),
        "times_url": choice.url(),
        "lasting_url": proofs.form_url(proof),
    }
    return page(request, "booking/data.html", context, status=status)


def _wanted(form: PatientForm, proof: Proof) -> OnlineBooking:
    form.full_clean()
    return OnlineBooking(
        branch_id=proof.branch_id,
        service_id=proof.service_id,
        practitioner_id=None if proof.asked == choosing.ANY else proof.practitioner_id,
        starts_at=proof.starts_at,
        patient=form.patient_fields(language()),
        comment=form.cleaned_data.get("comment", ""),
        privacy_accepted=form.cleaned_data.get("privacy_accepted", False),
        privacy=(proof.privacy_version, proof.privacy_language),
        hold_token=proof.form_id,
        language=language(),
    )


def _with_every_error(
    request: HttpRequest, form: PatientForm, proof: Proof, wanted: OnlineBooking
) -> HttpResponse:
    """What is missing and what is wrong are told at once, not one after the other."""
    try:
        operations.check_fields(wanted, at=now())
    except BadBooking as bad:
        form.show(bad)
    return form_page(request, form, proof, status=422)


def _booked(request: HttpRequest, form: PatientForm, proof: Proof, wanted: OnlineBooking) -> HttpResponse:
    try:
        appointment = operations.book_once(wanted, key=proof.key, body_hash=_typed_hash(request), at=now())
    except BadBooking as bad:
        form.show(bad)
        return form_page(request, form, proof, status=422)
    except PatientRefused:
        form.add_error(None, _("No podemos reservar en línea con estos datos. Llámanos y lo vemos juntos."))
        return form_page(request, form, proof, status=422)
    except agenda.TooMany:
        form.add_error(None, _("Ahora mismo hay demasiadas reservas. Inténtalo de nuevo en unos minutos."))
        return form_page(request, form, proof, status=429)
    except holding.GONE as why:
        catalogue = catalog.online_catalogue()
        choice = choosing.choice_of(proof.params(), catalogue)
        return holding.gone(request, choice, catalogue, wanted.starts_at, why, kept=holding.typed_in(request))
    done = f"{links.path_of(appointment)}?{fresh.NAME}={fresh.mark_of(appointment)}&lang={language()}"
    return HttpResponseRedirect(done, status=303)


def _typed(request: HttpRequest) -> QueryDict:
    """The form as typed, without the character that no database takes and nobody sees."""
    typed = request.POST.copy()
    for name, value in typed.items():
        typed[name] = value.replace("\x00", "")
    return typed


def _typed_hash(request: HttpRequest) -> str:
    typed = sorted((name, value) for name, value in request.POST.items() if name not in NOT_TYPED)
    return hashlib.sha256(repr(typed).encode()).hexdigest()
