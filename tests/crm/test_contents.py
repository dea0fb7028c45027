"""What a mail says: the fact in its subject, time with its offset, links, calendar, in both languages, in any words."""

from __future__ import annotations

import re
from email.utils import getaddresses

import pytest
from django.conf import settings
from icalendar import Calendar

from reservo import tenancy
from reservo.agenda import links
from reservo.agenda import operations as agenda
from reservo.agenda.models import Appointment
from reservo.booking.models import BookingPage
from reservo.catalog.models import Branch, Centre, Service
from reservo.core import colours, text, zones
from reservo.core.clock import now
from reservo.crm import planning
from reservo.notifications.models import MailText
from reservo.patients.models import Patient
from tests.cast import STAFF


def sent(cast, post, at_time):
    at_time.forward(minutes=6)
    (mail,) = post.work(cast)
    return mail, mail.get_body(("plain",)).get_content(), mail.get_body(("html",)).get_content()


def set_up(cast, **changes) -> None:
    with cast.active(), tenancy.atomic():
        for model, values in changes.items():
            {"centre": Centre, "branch": Branch, "patient": Patient, "service": Service}[
                model
            ].objects.update(**values)


def test_a_confirmation_has_all_that_a_patient_needs(centre, monday, post, at_time):
    set_up(centre, branch={"email": "centro@clinica.example"}, service={"instructions": "Ven en ayunas."})
    visit = centre.book(monday)
    mail, plain, html = sent(centre, post, at_time)
    day = zones.local(monday, "America/Santiago")
    month = ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"][
        day.month - 1
    ]
    assert mail["Subject"] == f"Tu cita: lun {day.day} {month}, 10:00 · Clínica de Prueba"
    assert getaddresses([mail["From"]])[0][0] == "Clínica de Prueba"
    assert getaddresses([mail["Reply-To"]])[0][1] == "centro@clinica.example"
    assert mail["Auto-Submitted"] == "auto-generated"
    offset = zones.offset_label(monday, "America/Santiago")
    for body in (plain, html):
        for fact in (
            "10:00",
            f"hora de Santiago, {offset}",
            "Consulta",
            "Ana Rojas",
            "Centro",
            "Calle Uno 123",
            "Ven en ayunas.",
            "Clínica de Prueba · +56 2 2345 6789",
        ):
            assert fact in body
        for link in ("/v/", "/mover", "/cancelar", "openstreetmap.org"):
            assert link in body
        assert "Recibes este correo porque tienes una cita en Clínica de Prueba." in body
    (calendar,) = mail.iter_attachments()
    assert (calendar.get_content_type(), calendar.get_filename()) == ("text/calendar", "cita.ics")
    assert calendar.get_content_charset() == "utf-8"
    (event,) = Calendar.from_ical(calendar.get_content()).walk("VEVENT")
    assert event["summary"] == "Consulta · Clínica de Prueba"
    assert event.decoded("dtstart") == visit.starts_at
    assert event["dtstart"].params["TZID"] == "America/Santiago"


def cut_off(cast, *, move, cancel):
    with cast.active():
        BookingPage.objects.update(move_cutoff_minutes=move, cancel_cutoff_minutes=cancel)


FAR = 60 * 24 * 60
NONE_LEFT = "Para cambiarla o cancelarla, llámanos."


@pytest.mark.parametrize(
    ("move", "cancel", "links"),
    [
        (0, 0, ["/mover", "/cancelar"]),
        (FAR, 0, ["/cancelar"]),
        (0, FAR, ["/mover"]),
        (FAR, FAR, [NONE_LEFT]),
    ],
)
def test_a_mail_offers_only_what_its_link_still_does(centre, monday, post, at_time, move, cancel, links):
    cut_off(centre, move=move, cancel=cancel)
    centre.book(monday)
    _, plain, html = sent(centre, post, at_time)
    for body in (plain, html):
        assert [link for link in ("/mover", "/cancelar", NONE_LEFT) if link in body] == links
        assert "+56 2 2345 6789" in body
    assert "/v/" in plain


def test_links_are_built_from_the_public_address_and_open_the_visit(centre, monday, post, at_time):
    visit = centre.book(monday)
    _, plain, _ = sent(centre, post, at_time)
    (url,) = [word for word in plain.split() if "/v/" in word and word.endswith("/?lang=es")]
    assert url.startswith(f"{settings.RESERVO_PUBLIC_URL}/{centre.slug}/v/")
    page = centre.client().get(url.removeprefix(settings.RESERVO_PUBLIC_URL))
    assert page.status_code == 200
    with centre.active():
        assert Appointment.objects.get(pk=visit.pk).state == "not_confirmed"


def cancelled(cast, visit, post):
    with cast.active():
        agenda.change_state(visit.pk, "suspended", tell_patient=True, by=STAFF, at=now())
    (mail,) = post.work(cast)
    return mail, mail.get_body(("plain",)).get_content(), mail.get_body(("html",)).get_content()


CONFIRMED_ES = """\
Hola José:

Tu cita quedó agendada. Si no puedes venir, avísanos con un toque: así otra persona aprovecha la hora.

{day}, 10:00 (hora de Santiago, {offset})
Consulta "A & B"
Con Ana Rojas
Centro, Calle Uno 123, Santiago
https://www.openstreetmap.org/search?query=Calle+Uno+123%2C+Santiago

Ven en ayunas.
Trae tu orden.

Ver mi cita:
{url}?lang=es

Cambiar la hora:
{url}mover?lang=es

Cancelar la cita:
{url}cancelar?lang=es

-- 
Clínica de Prueba · +56 2 2345 6789
Recibes este correo porque tienes una cita en Clínica de Prueba.
"""
CANCELLED_EN = """\
Hello José,

Your appointment has been cancelled. You can book another time whenever you like.

Cancelled: {day}, 10:00 (Santiago time, {offset})
Consulta "A & B"
With Ana Rojas
Centro

Book another time:
{home}?lang=en

-- 
Clínica de Prueba · +56 2 2345 6789
You are receiving this email because you had an appointment at Clínica de Prueba.
"""


def test_as_plain_text_each_fact_and_each_link_has_a_line_of_its_own(centre, monday, post, at_time):
    set_up(centre, service={"name": 'Consulta "A & B"', "instructions": "Ven en ayunas.\nTrae tu orden."})
    visit = centre.book(monday)
    start = zones.local(monday, "America/Santiago")
    offset = zones.offset_label(monday, "America/Santiago")
    with centre.active():
        url = settings.RESERVO_PUBLIC_URL + links.path_of(visit)
    day = text.day_long(start.date(), "es").capitalize()
    assert sent(centre, post, at_time)[1] == CONFIRMED_ES.format(day=day, offset=offset, url=url)

    set_up(centre, patient={"language": "en"})
    home = f"{settings.RESERVO_PUBLIC_URL}/{centre.slug}/"
    day = text.day_long(start.date(), "en")
    assert cancelled(centre, visit, post)[1] == CANCELLED_EN.format(day=day, offset=offset, home=home)


@pytest.mark.parametrize(
    ("language", "said", "never"),
    [
        ("es", "tenías una cita", "tienes una cita"),
        ("en", "you had an appointment", "you have an appointment"),
    ],
)
def test_a_cancelled_mail_never_says_that_there_is_a_visit(
    centre, monday, post, at_time, language, said, never
):
    set_up(centre, patient={"language": language}, service={"instructions": "Ven en ayunas."})
    visit = centre.book(monday)
    sent(centre, post, at_time)
    mail, plain, html = cancelled(centre, visit, post)
    hidden = re.search(r"display:none[^>]*>([^<]*)<", html)[1]
    assert "ancel" in mail["Subject"]
    assert hidden.startswith(("Cancelada: lun", "Cancelled: Mon"))
    for body in (plain, html):
        assert said in body
        assert never not in body.lower()
        for of_a_live_one in ("/v/", "Ven en ayunas.", "openstreetmap"):
            assert of_a_live_one not in body


@pytest.mark.parametrize(("state", "button"), [("", "Confirmar que voy"), ("confirmed", "Ver mi cita")])
def test_a_reminder_asks_only_who_has_not_confirmed(centre, monday, post, at_time, state, button):
    visit = centre.book(monday)
    sent(centre, post, at_time)
    with centre.active(), tenancy.atomic():
        if state:
            visit = agenda.change_state(visit.pk, state, by=STAFF, at=now())
        version = visit.local_date.isoformat()
        planning.plan_to_patient(visit, "reminder", version, due_at=now(), at=now())
    (mail,) = post.work(centre)
    for part in ("plain", "html"):
        body = mail.get_body((part,)).get_content()
        assert [words for words in ("Confirmar que voy", "Ver mi cita") if words in body] == [button]
        assert "Confirma que" not in body


def test_in_english_for_a_patient_who_speaks_it(centre, monday, post, at_time):
    set_up(centre, patient={"language": "en"})
    centre.book(monday)
    mail, plain, html = sent(centre, post, at_time)
    assert mail["Subject"].startswith("Your appointment: Mon ")
    for body in (plain, html):
        assert "Change the time" in body
        assert "Recibes" not in body
        assert "hora de" not in body
    assert 'lang="en"' in html


@pytest.mark.parametrize("asked_by_browser", ["es", "en", ""])
@pytest.mark.parametrize(("language", "heading"), [("es", "Tu cita"), ("en", "Your appointment")])
def test_every_link_opens_a_page_in_the_language_of_the_mail(
    centre, monday, post, at_time, language, heading, asked_by_browser
):
    set_up(centre, patient={"language": language})
    centre.book(monday)
    mail, plain, html = sent(centre, post, at_time)
    (calendar,) = mail.iter_attachments()
    (event,) = Calendar.from_ical(calendar.get_content()).walk("VEVENT")
    own = [word for word in plain.split() if settings.RESERVO_PUBLIC_URL in word]
    assert len(own) == 3
    assert all(f'href="{url}"' in html for url in own)
    for url in [*own, str(event["URL"])]:
        path = url.removeprefix(settings.RESERVO_PUBLIC_URL)
        page = centre.client(**{"accept-language": asked_by_browser}).get(path)
        assert f'<html lang="{language}">' in page.content.decode()
    assert f"<h1>{heading}</h1>" in page.content.decode()


def test_after_a_cancellation_the_booking_page_opens_in_the_language_of_the_mail(
    centre, monday, post, at_time
):
    set_up(centre, patient={"language": "en"})
    visit = centre.book(monday)
    sent(centre, post, at_time)
    assert f"{settings.RESERVO_PUBLIC_URL}/{centre.slug}/?lang=en" in cancelled(centre, visit, post)[1]


def test_a_language_that_nobody_wrote_falls_back_to_spanish(centre, monday, post, at_time):
    set_up(centre, patient={"language": "xx"})
    centre.book(monday)
    assert sent(centre, post, at_time)[0]["Subject"].startswith("Tu cita:")


def test_a_name_that_is_an_address_becomes_no_link(centre, monday, post, at_time):
    set_up(centre, patient={"given_name": "Gana en http://www.malo.example/premio"})
    centre.book(monday)
    _, plain, html = sent(centre, post, at_time)
    for body in (plain, html):
        assert "Hola Gana en http www. malo. example/premio:" in body
        assert "malo.example" not in body


def test_the_centres_own_words_are_used_and_nothing_in_them_is_markup(centre, monday, post, at_time):
    with centre.active(), tenancy.atomic():
        MailText.objects.create(
            kind="confirmation",
            language="es",
            subject="{paciente}: {tratamiento} {dia}",
            body="<b>Hola</b> {paciente} <script>alert(1)</script>\n{sucursal}",
        )
    centre.book(monday)
    mail, plain, html = sent(centre, post, at_time)
    assert mail["Subject"].startswith("José: Consulta el lun ")
    assert "<b>Hola</b> José" in plain
    assert "&lt;b&gt;Hola&lt;/b&gt; José &lt;script&gt;" in html
    assert "<script" not in html


@pytest.mark.parametrize(
    "name",
    [
        "Ana\r\nBcc: todos@example.org",
        "<img src=x onerror=alert(1)>",
        '"; DROP',
        "x" * 80,
        "{centro}",
        "=1+1",
        "名前",
    ],
)
def test_what_people_typed_breaks_neither_headers_nor_markup(centre, monday, post, at_time, name):
    set_up(centre, patient={"given_name": name})
    centre.book(monday)
    mail, plain, html = sent(centre, post, at_time)
    assert mail["Bcc"] is None
    assert len(getaddresses([mail["To"]])) == 1
    assert "<img src=x" not in html
    assert " ".join(name.split())[:10] in " ".join(plain.split())


@pytest.mark.parametrize("colour", ["#0f766e", "#f2c46d", "#7c3aed", "#000000", "#ffffff"])
def test_a_link_in_the_centres_colour_is_readable_where_it_stands(centre, monday, post, at_time, colour):
    set_up(centre, centre={"colour": colour})
    centre.book(monday)
    _, _, html = sent(centre, post, at_time)
    (light,) = set(re.findall(r'class="facts" style="background:(#\w+)', html))
    (dark,) = re.findall(r"\.facts { background: (#\w+)", html)
    (on_light,) = set(re.findall(r'class="link"[^>]*style="color:(#\w+)', html))
    (on_dark,) = re.findall(r"\.link { color: (#\w+)", html)
    assert min(colours.contrast(on_light, light), colours.contrast(on_dark, dark)) >= colours.ENOUGH


def test_the_logo_is_a_picture_with_the_name_for_those_who_see_none(centre, monday, post, at_time):
    set_up(centre, centre={"logo": "centro/0123456789ab.png"})
    centre.book(monday)
    _, _, html = sent(centre, post, at_time)
    assert f"/{centre.slug}/logo.png?v=" in html
    assert 'alt="Clínica de Prueba"' in html


def test_a_visit_without_practitioner_service_or_address_still_reads_well(centre, monday, post, at_time):
    set_up(centre, branch={"address": "", "city": "", "phone": ""})
    centre.book(monday, practitioner_id=None, service_ids=())
    _, plain, html = sent(centre, post, at_time)
    assert "Con \n" not in plain
    assert "None" not in plain + html
    assert "openstreetmap" not in plain + html


def test_in_a_zone_with_a_half_hour_the_offset_says_so(centre, monday, post, at_time):
    set_up(centre, branch={"zone": "Asia/Kolkata"})
    centre.book(monday)
    _, plain, _ = sent(centre, post, at_time)
    assert "18:30 (hora de Kolkata, UTC+5:30)" in plain


def test_the_same_visit_twice_in_the_post_is_two_different_mails(centre, monday, post, at_time):
    centre.book(monday)
    centre.book(monday, practitioner_id=centre.beto)
    at_time.forward(minutes=6)
    ids = [mail["Message-ID"] for mail in post.work(centre)]
    assert len(set(ids)) == 2
    assert all(one.startswith("<") and one.endswith("@localhost.localdomain>") for one in ids)
