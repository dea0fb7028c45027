"""The booking page's rules, form and sites, as the administrator sets them."""

from __future__ import annotations

import pytest

from reservo.audit.models import Action
from reservo.booking.models import BookingPage, FormField
from tests.booking.visitor import Page, Visitor

PATH = "configuracion/reserva"


@pytest.fixture
def administrator(centre):
    client = centre.client("administrator")

    def send(**changes):
        page = Page(client.get(centre.url(PATH)))
        form = next(form for form in page.forms if "horizon_days" in form.fields)
        return client.post(centre.url(PATH), {**chosen(page), **form.fields, **changes})

    return send


def chosen(page) -> dict[str, str]:
    """Values of the select boxes as they stand."""
    import re

    html = page.response.content.decode()
    return {
        name: next(iter(re.findall(r'<option value="([^"]*)" selected', options)), "")
        for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', html, re.S)
    }


def rules(centre) -> dict[str, object]:
    with centre.active():
        return BookingPage.objects.values().get()


def test_what_is_saved_unchanged_changes_nothing(centre, administrator):
    before = rules(centre)
    assert administrator().status_code == 302
    assert rules(centre) == before


def test_rules_hold_on_the_page_at_once(centre, administrator, visitor, monday):
    assert administrator(hold_minutes="30", welcome="Hola de nuevo").status_code == 302
    assert "Hola de nuevo" in visitor.open().text
    assert "30 min" in visitor.hold(monday).text
    with centre.active():
        line = Action.objects.get(action="booking.rules")
        assert set(line.details["changed"]) == {"hold_minutes", "welcome"}


def test_fields_are_hidden_optional_or_required(centre, administrator, monday):
    administrator(field_maternal_surname="hidden", field_birth_date="required", field_phone="shown")
    visitor = Visitor(centre)
    visitor.hold(monday)
    assert "Segundo apellido" not in visitor.page.text
    assert "Fecha de nacimiento" in visitor.page.text
    assert "Teléfono (opcional)" in visitor.page.text


def test_name_and_mail_are_always_required(centre, administrator):
    assert administrator(field_email="hidden").status_code == 422
    with centre.active():
        assert FormField.objects.get(field="email").is_required


@pytest.mark.parametrize(
    "site",
    [
        *("javascript:alert(1)", "ftp://x.example", "https://", "https://a b.example", "x"),
        *(
            "https://a.example:99999",
            "https://[::1",
            "https://x..cl",
            "https://a.example'; script-src *",
            "https://*.example",
        ),
    ],
)
def test_what_is_no_site_is_refused_and_the_form_is_kept(centre, administrator, site):
    answer = administrator(sites=site, welcome="Sigo aquí")
    assert answer.status_code == 422
    assert "no es la dirección de un sitio" in answer.content.decode()
    assert "Sigo aquí" in answer.content.decode()
    assert rules(centre)["frame_sites"] == []


def test_sites_are_kept_as_origins(centre, administrator):
    administrator(
        sites="https://www.Clinica.example/reservas?x=1\n\nhttp://localhost:8000/\nhttps://www.peñalolén.example"
    )
    assert rules(centre)["frame_sites"] == [
        "https://www.clinica.example",
        "http://localhost:8000",
        "https://www.xn--pealoln-gya1e.example",
    ]


def test_more_than_twenty_sites_are_refused(administrator):
    assert administrator(sites="\n".join(f"https://s{n}.example" for n in range(21))).status_code == 422


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        *(("hold_minutes", "4"), ("hold_minutes", "61"), ("hold_minutes", "x"), ("hold_minutes", "")),
        *(("horizon_days", "0"), ("horizon_days", "731"), ("horizon_days", "9" * 30)),
        *(("least_notice_minutes", "-5"), ("least_notice_minutes", "9" * 30), ("cancel_cutoff_minutes", "7")),
        *(("most_future_appointments", "-1"), ("most_future_appointments", "9" * 30), ("welcome", "x" * 301)),
    ],
)
def test_numbers_out_of_bounds_are_refused(centre, administrator, name, typed):
    before = rules(centre)
    assert administrator(**{name: typed}).status_code == 422
    assert rules(centre) == before


def test_the_screen_shows_the_code_to_paste_and_a_preview(centre):
    html = centre.client("administrator").get(centre.url(PATH)).content.decode()
    assert f"/{centre.slug}/embed.js&quot; async" in html or f'/{centre.slug}/embed.js" async' in html
    assert f'<iframe class="preview" title="Vista previa" src="/{centre.slug}/"' in html


def test_a_receptionist_does_not_set_the_rules(centre):
    assert centre.client("receptionist").get(centre.url(PATH)).status_code == 403


def test_rules_and_fields_stand_or_fall_together(centre, administrator, monkeypatch):
    def fail(row):
        raise RuntimeError

    monkeypatch.setattr(FormField, "save", lambda self: fail(self))
    with pytest.raises(RuntimeError):
        administrator(welcome="A medias")
    assert rules(centre)["welcome"] != "A medias"
