"""The patient's own data: what is asked, checked and kept, and what is never told about who is a patient."""

import re
import statistics
import time
from datetime import date, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest

from reservo.agenda.models import Appointment, AppointmentChange, Hold
from reservo.booking.models import BookingPage, FormField, PrivacyAcceptance
from reservo.catalog.models import PrivacyText, ServicePrice
from reservo.core.clock import now
from reservo.patients.models import Patient, PatientDifference
from tests.booking.visitor import TYPED, Visitor
from tests.cast import make_cast

ON_FILE = {
    "given_name": "Pepe",
    "paternal_surname": "Muñoz",
    "email": "pepe.nuevo@paciente.example",
    "phone": "+56 9 6123 4567",
    "national_id": "12345678-5",
    "privacy_accepted": "on",
}
NEUTRAL = "No podemos reservar en línea con estos datos. Llámanos y lo vemos juntos."


def fields(centre, **changes):
    """Show (True) or require ("required") these fields, hide (False) the others named."""
    with centre.active():
        for name, kept in changes.items():
            FormField.objects.filter(field=name).update(is_shown=bool(kept), is_required=kept == "required")


def booked(centre) -> Appointment:
    with centre.active():
        return Appointment.objects.select_related("patient").get(origin="web")


def test_a_booking_makes_the_patient_and_keeps_what_was_typed(centre, visitor, monday):
    visitor.hold(monday)
    visitor.press("Reservar", **TYPED, comment="Vengo con muletas\x00\x07")
    visit = booked(centre)
    assert (visit.patient.given_name, visit.patient.paternal_surname) == ("Rosa", "Soto")
    assert visit.patient.national_id == "111111111"
    assert visit.patient.phone == "+56987654321"
    assert visit.comment == "Vengo con muletas"
    assert (visit.contact_email, visit.language, visit.origin) == ("rosa@paciente.example", "es", "web")
    with centre.active():
        trail = AppointmentChange.objects.get(appointment=visit)
        assert (trail.action, trail.actor, trail.channel) == ("created", "patient", "web")


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("given_name", "", "Este dato hace falta."),
        ("given_name", "   ", "Este dato hace falta."),
        ("given_name", "x" * 81, "El texto es demasiado largo."),
        ("email", "", "Este dato hace falta."),
        ("email", "rosa", "El correo no es válido."),
        ("email", "rosa@example.com\nBcc: otro@example.com", "El correo no es válido."),
        ("email", "a@b@c.example", "El correo no es válido."),
        ("phone", "12", "El teléfono no es válido"),
        ("email", "muñoz@example.com", "Antes de la arroba el correo lleva letras como ñ"),
        ("phone", "llámame", "El teléfono no es válido"),
        ("phone", "0800-FLOWERS", "El teléfono no es válido"),
        ("national_id", "11.111.111-2", "El documento no es válido"),
        ("national_id", "abc", "El documento no es válido"),
        ("comment", "x" * 2_001, "El texto es demasiado largo."),
        ("privacy_accepted", "", "Acepta el texto de privacidad para reservar."),
    ],
)
def test_a_wrong_field_is_told_at_its_place_and_nothing_is_lost(centre, visitor, monday, field, typed, said):
    visitor.hold(monday)
    page = visitor.press("Reservar", **{**TYPED, field: typed})
    assert page.status == 422
    assert said in page.text
    html = page.response.content.decode()
    assert html.count("autofocus") == 1
    kept = page.forms[0].fields
    assert all(kept[name] == value for name, value in TYPED.items() if name != field)
    with centre.active():
        assert Hold.objects.count() == 1
        assert not Appointment.objects.exists()


def test_what_is_missing_and_what_is_wrong_are_told_at_once(centre, visitor, monday):
    fields(centre, national_id="required")
    visitor.hold(monday)
    wrong = {"given_name": "", "email": "rosa", "phone": "12", "national_id": ""}
    page = visitor.press("Reservar", **{**TYPED, **wrong, "privacy_accepted": ""})
    assert re.findall(r'<p class="error">([^<]+)</p>', page.response.content.decode()) == [
        "Este dato hace falta.",
        "El correo no es válido.",
        "El teléfono no es válido: escríbelo en cifras, con su código de país.",
        "Este dato hace falta.",
        "Acepta el texto de privacidad para reservar.",
    ]


def test_the_refusal_speaks_english_to_who_does(centre, monday):
    visitor = Visitor(centre, language="en-GB,en;q=0.9")
    visitor.hold(monday)
    page = visitor.press(visitor.page.forms[0].buttons[0][2], **{**TYPED, "email": "no"})
    assert page.status == 422
    assert page.response.headers["Content-Language"] == "en"


def test_only_the_fields_that_the_centre_asks_are_shown_and_required(centre, visitor, monday):
    fields(
        centre, maternal_surname=False, phone=True, national_id=False, birth_date="required", comment=False
    )
    visitor.hold(monday)
    shown = visitor.page.forms[0].fields
    assert "birth_date" in shown
    assert not {"maternal_surname", "national_id", "comment", "is_foreigner"} & set(shown)
    page = visitor.press("Reservar", **{**TYPED, "phone": ""})
    assert page.text.count("Este dato hace falta.") == 1
    visitor.press("Reservar", birth_date="1990-02-29")
    assert "Escribe la fecha completa." in visitor.page.text
    visitor.press("Reservar", birth_date="2999-01-01")
    assert "La fecha de nacimiento no puede ser esa." in visitor.page.text
    visitor.press("Reservar", birth_date="1990-02-28")
    assert booked(centre).patient.birth_date == date(1990, 2, 28)


def test_a_foreigner_gives_another_document_or_none_though_it_is_required(centre, monday):
    fields(centre, national_id="required")
    visitor = Visitor(centre)
    visitor.hold(monday)
    assert visitor.press("Reservar", **{**TYPED, "national_id": ""}).status == 422
    visitor.press("Reservar", national_id="AB-123456", is_foreigner="on")
    visit = booked(centre)
    assert (visit.patient.national_id, visit.patient.is_foreigner) == ("AB-123456", True)
    other = Visitor(centre)
    other.hold(monday + timedelta(hours=1))
    none = {**TYPED, "email": "otra@paciente.example", "national_id": "", "is_foreigner": "on"}
    assert other.press("Reservar", **none).status == 200


@pytest.mark.parametrize(
    ("country", "zone", "right", "wrong"),
    [
        ("ES", "Europe/Madrid", "12345678Z", "12345678A"),
        ("ES", "Europe/Madrid", "X1234567L", "X1234567A"),
        ("PE", "America/Lima", "12345678", "1234567"),
    ],
)
def test_the_document_is_checked_by_the_country_of_the_centre(control, monday, country, zone, right, wrong):
    centre = make_cast(country=country, zone=zone)
    local = datetime.combine(monday.date(), datetime.min.time(), ZoneInfo(zone)) + timedelta(hours=10)
    phone = {"ES": "+34612345678", "PE": "+51987654321"}[country]
    try:
        visitor = Visitor(centre)
        visitor.hold(local)
        assert visitor.press("Reservar", **{**TYPED, "phone": phone, "national_id": wrong}).status == 422
        assert "El documento no es válido" in visitor.page.text
        assert visitor.press("Reservar", national_id=right).status == 200
        assert booked(centre).patient.national_id == right
    finally:
        centre.end()


def test_the_price_of_the_branch_comes_before_the_base_price(centre, visitor, monday):
    with centre.active():
        ServicePrice.objects.create(
            service_id=centre.consultation, branch_id=centre.branch, price_minor=19_990
        )
    assert "$19.990" in visitor.hold(monday).text
    visitor.press("Reservar", **TYPED)
    with centre.active():
        assert booked(centre).services.get().price_minor == 19_990


def test_the_accepted_privacy_text_is_kept_with_version_instant_and_language(centre, visitor, monday):
    visitor.hold(monday)
    with centre.active():
        PrivacyText.objects.create(version=2, language="es", text="Otro.", published_at=now())
    visitor.press("Reservar", **TYPED)
    with centre.active():
        kept = PrivacyAcceptance.objects.get()
    assert (kept.version, kept.language, kept.appointment_id) == (1, "es", booked(centre).pk)
    assert timedelta() <= now() - kept.accepted_at < timedelta(seconds=30)


def test_the_standard_text_is_version_0(centre, visitor, monday):
    with centre.active():
        PrivacyText.objects.all().delete()
    visitor.hold(monday)
    visitor.press("Reservar", **TYPED)
    with centre.active():
        assert PrivacyAcceptance.objects.get().version == 0


def test_a_known_patient_is_found_by_document_and_the_file_stays_as_it_was(centre, visitor, monday):
    with centre.active():
        before = Patient.objects.filter(pk=centre.patient).values().get()
    visitor.hold(monday)
    page = visitor.press("Reservar", **ON_FILE)
    visit = booked(centre)
    assert visit.patient_id == centre.patient
    assert visit.contact_email == "pepe.nuevo@paciente.example"
    assert visit.contact_name == "Pepe"
    for told in ("José", "Pérez", "jose@paciente.example", "61234567"):
        assert told not in page.response.content.decode()
    with centre.active():
        assert Patient.objects.filter(pk=centre.patient).values().get() == before
        found = PatientDifference.objects.values_list("field", "on_file", "given")
        assert sorted(found) == [
            ("email", "jose@paciente.example", "pepe.nuevo@paciente.example"),
            ("given_name", "José", "Pepe"),
        ]


def test_a_known_patient_is_found_by_mail_and_birth_date(centre, visitor, monday):
    fields(centre, birth_date=True)
    visitor.hold(monday)
    typed = {**TYPED, "national_id": "", "email": "JOSE@paciente.example", "birth_date": "1980-05-17"}
    visitor.press("Reservar", **typed)
    assert booked(centre).patient_id == centre.patient


def test_a_mail_alone_proves_nobody(centre, visitor, monday):
    visitor.hold(monday)
    visitor.press("Reservar", **{**TYPED, "national_id": "", "email": "jose@paciente.example"})
    assert booked(centre).patient_id != centre.patient


def refusals(centre, monday):
    """The answer to a patient at the limit, a blocked one, and a new one while none is taken."""
    answers = {}
    with centre.active():
        BookingPage.objects.update(most_future_appointments=1)
    visit = centre.book(monday)
    answers["limit"] = _refused(centre, monday, ON_FILE)
    with centre.active():
        BookingPage.objects.update(most_future_appointments=0)
        Appointment.objects.filter(pk=visit.pk).update(patient=None)
        Patient.objects.filter(pk=centre.patient).update(state=Patient.State.INACTIVE)
    answers["blocked"] = _refused(centre, monday, ON_FILE)
    with centre.active():
        BookingPage.objects.update(accepts_new_patients=False)
    answers["new"] = _refused(centre, monday, {**ON_FILE, "national_id": "11.111.111-1"})
    return answers


def _refused(centre, monday, typed):
    visitor = Visitor(centre)
    visitor.hold(monday + timedelta(hours=2), practitioner=centre.ana)
    page = visitor.press("Reservar", **typed)
    visitor.follow("Cambiar la hora")
    with centre.active():
        Hold.objects.all().delete()
    return page.status, page.text.replace(typed["national_id"], "")


def test_every_rule_about_patients_refuses_with_the_same_words_and_status(centre, monday):
    answers = refusals(centre, monday)
    assert {status for status, _ in answers.values()} == {422}
    assert all(NEUTRAL in text for _, text in answers.values())
    assert len({text for _, text in answers.values()}) == 1
    with centre.active():
        assert not Appointment.objects.filter(origin="web").exists()


def test_known_and_new_patients_are_answered_alike_and_in_like_time(centre, monday):
    took = {"known": [], "new": []}
    pages = {}
    for n in range(6):
        for kind, typed in (("known", ON_FILE), ("new", {**ON_FILE, "national_id": ""})):
            visitor = Visitor(centre)
            hour = monday + timedelta(days=n // 3, hours=(n % 3), minutes=30 * (kind == "new"))
            visitor.hold(hour, practitioner=centre.ana)
            form = visitor.page.forms[0]
            began = time.perf_counter()
            answer = visitor.client.post(form.action, {**form.fields, **typed})
            took[kind].append(time.perf_counter() - began)
            assert answer.status_code == 303
            pages[kind] = visitor.open(answer["Location"]).text.replace("10:30", "10:00")
    medians = {kind: statistics.median(seconds) for kind, seconds in took.items()}
    assert 0.4 < medians["known"] / medians["new"] < 2.5
    assert pages["known"].split("Qué")[1] == pages["new"].split("Qué")[1]


def test_a_patient_under_the_limit_books_and_the_limit_counts_only_what_is_to_come(centre, visitor, monday):
    with centre.active():
        BookingPage.objects.update(most_future_appointments=1)
    past = centre.book(now().replace(minute=0, second=0, microsecond=0) - timedelta(days=7))
    assert past.pk
    visitor.hold(monday)
    assert visitor.press("Reservar", **ON_FILE).status == 200


HOSTILE = ("<script>alert(1)</script>", "=HYPERLINK(1)", "'; DROP TABLE x;--", "{{7*7}}", "\u202egnirts")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_kept_as_text_and_shown_as_text(centre, visitor, monday, text):
    visitor.hold(monday)
    page = visitor.press("Reservar", **{**TYPED, "given_name": text, "comment": text, "email": "x"})
    html = page.response.content.decode()
    assert "<script>alert" not in html
    assert "49" not in page.forms[0].fields["given_name"]
    assert visitor.press("Reservar", email="rosa@paciente.example").status == 200
    assert "<script>alert" not in visitor.page.response.content.decode()
    assert booked(centre).patient.given_name == text.replace("\u202e", "")


def test_the_form_carries_no_session_and_no_cookie_is_read(centre, visitor, monday):
    visitor.hold(monday)
    form = visitor.page.forms[0]
    fresh = Visitor(centre, address="10.7.7.7")
    assert fresh.post(form.action, {**form.fields, **TYPED}).status == 200
    assert booked(centre).starts_at == monday


@pytest.mark.parametrize("proof", ["", "x", "{cut}", "{other}", "{flip}", "\x00", "p" * 5000])
def test_an_altered_or_foreign_form_is_refused_kindly_and_books_nothing(
    centre, other, visitor, monday, proof
):
    visitor.hold(monday)
    good = visitor.page.forms[0].fields["p"]
    stranger = Visitor(other)
    stranger.hold(monday)
    foreign = stranger.page.forms[0].fields["p"]
    proof = proof.format(
        cut=good[:-3], other=foreign, flip=good[:5] + ("A" if good[5] != "A" else "B") + good[6:]
    )
    for method in ("open", "post"):
        page = getattr(visitor, method)(
            "reservar/datos", **({"p": proof} if method == "open" else {"values": {"p": proof, **TYPED}})
        )
        assert page.status == 400
        assert "Este formulario está incompleto" in page.text
    with centre.active():
        assert not Appointment.objects.exists()


def test_what_was_offered_and_left_the_catalogue_meanwhile_is_said(centre, visitor, monday):
    visitor.hold(monday, practitioner=centre.ana)
    form_page = visitor.page
    with centre.active():
        from reservo.catalog.models import Practitioner, Service

        Practitioner.objects.filter(pk=centre.ana).update(is_active=False)
    assert visitor.open(form_page.response.wsgi_request.get_full_path()).status == 422
    with centre.active():
        Service.objects.update(is_active=False)
    visitor.page = form_page
    page = visitor.press("Reservar", **TYPED)
    assert page.status == 422
    assert "no se puede reservar" in page.text


def test_too_many_bookings_in_an_hour_are_refused_and_the_form_is_kept(centre, visitor, monday, monkeypatch):
    from reservo.tenancy.models import Counter

    visitor.hold(monday)
    with centre.active():
        for hour in (now(), now() + timedelta(hours=1)):
            Counter.objects.update_or_create(
                name="hour:appointments:" + hour.strftime("%Y%m%d%H"), defaults={"value": 10**6}
            )
    page = visitor.press("Reservar", **TYPED)
    assert page.status == 429
    assert page.forms[0].fields["given_name"] == "Rosa"


def lasting_url(page) -> str:
    found = re.search(r'data-lasting-url="([^"]+)"', page.response.content.decode())
    return unescape(found[1]) if found else ""


def test_the_browser_goes_to_the_first_wrong_field_from_above(centre, visitor, monday):
    visitor.hold(monday)
    refused = visitor.press("Reservar", **{**TYPED, "email": "rosa@@x", "national_id": "11.111.111-2"})
    focused = re.findall(r"<(?:input|textarea)[^>]*autofocus[^>]*>", refused.response.content.decode())
    assert [re.search(r'name="(\w+)"', tag)[1] for tag in focused] == ["email"]


def test_a_refused_form_is_found_again_with_its_hour(centre, visitor, monday):
    assert lasting_url(visitor.hold(monday)) == ""
    address = lasting_url(visitor.press("Reservar", **{**TYPED, "email": "rosa"}))
    again = visitor.open(address)
    assert (again.status, "10:00" in again.text) == (200, True)
    visitor.press("Reservar", **TYPED)
    assert booked(centre).starts_at == monday


def test_a_time_that_is_gone_leads_back_to_the_hours(centre, visitor, monday):
    visitor.to_times(monday.date(), practitioner=centre.ana)
    centre.book(monday, practitioner_id=centre.ana)
    gone = visitor.press("10:00")
    assert gone.status == 409
    again = visitor.open(lasting_url(gone))
    assert (again.status, bool(visitor.times)) == (200, True)


def test_every_page_that_is_opened_can_be_read_in_the_other_language(centre, visitor, monday):
    visitor.hold(monday)
    english = visitor.follow("English")
    assert "Your details" in english.text
    assert "10:00" in english.text
