"""Whatever is sent to a form of the staff's screens: a clear refusal or a clean save, never a broken page."""

from __future__ import annotations

import pytest
from django.urls import reverse

from reservo.catalog.models import Centre, Holiday, Practitioner, Service
from reservo.patients.models import Patient
from tests.cast import make_cast
from tests.ui.forms import editing, read

LONG = "a" * 10_000
GROWN = {
    f"two of each of {times} letters once normalised": "\u0958" * times for times in (55, 78, 118, 195, 1_990)
}
NASTY = {
    **GROWN,
    "long": LONG,
    "control characters": "a\x01\x08\x1b[31m\u202eb",
    "nul": "a\x00b",
    "formula": '=HYPERLINK("http://x.example","y")',
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "template": "{{ 7|add:7 }}{% load x %}%(name)s{0.__class__}",
    "sql": "'; DROP TABLE patients_patient;--",
    "surrogates": "💉" * 30 + "\ufeff",
    "huge number": "9" * 30,
    "negative": "-1",
    "no number": "1e400",
    "blank": "   ",
    "empty": "",
    "malformed date": "2026-02-31",
}
CHOSEN = ("select", "checkbox", "radio", "hidden")
TEXTS = ("text", "textarea", "search")


@pytest.fixture(scope="module")
def centre(control):
    """One stage for the whole campaign: what it leaves behind is part of the next try."""
    cast = make_cast()
    yield cast
    cast.end()


def pages(centre):
    """Every form that staff fill in, by the name of its address."""
    with centre.active():
        addresses = {
            "centre": ("catalog:centre",),
            "privacy": ("catalog:privacy_text",),
            "holidays": ("catalog:holidays",),
            "branch": ("catalog:edit", "sucursales", centre.branch),
            "new branch": ("catalog:create", "sucursales"),
            "room": ("catalog:edit", "boxes", centre.room),
            "new room": ("catalog:create", "boxes"),
            "new kind": ("catalog:create", "tipos-de-box"),
            "new category": ("catalog:create", "categorias"),
            "practitioner": ("catalog:practitioner", centre.ana),
            "new practitioner": ("catalog:practitioner_create",),
            "exception": ("catalog:exceptions", centre.ana),
            "service": ("catalog:service", centre.consultation),
            "new service": ("catalog:service_create",),
            "booking": ("booking_settings",),
            "automatic mail": ("crm:automatic",),
            "words": ("crm:words", "reminder", "es"),
            "patient": ("patients:edit", centre.patient),
            "new patient": ("patients:create",),
            "invite": ("staff:invite",),
        }
        return {
            name: centre.url(reverse(route, urlconf="reservo.config.urls_tenant", args=args).lstrip("/"))
            for name, (route, *args) in addresses.items()
        }


NAMES = [
    *(
        "centre",
        "privacy",
        "holidays",
        "branch",
        "new branch",
        "room",
        "new room",
        "new kind",
        "new category",
    ),
    *("practitioner", "new practitioner", "exception", "service", "new service", "booking", "automatic mail"),
    *("words", "patient", "new patient", "invite"),
]


def told(answer):
    """Whether the page says what is wrong: an error at a field, or a note above the form."""
    html = answer.content.decode()
    return bool(read(html).errors) or 'role="alert"' in html


@pytest.mark.parametrize("name", NAMES)
def test_everything_wrong_at_once_is_refused_with_words_at_the_fields(centre, name):
    client = centre.client("administrator")
    address = pages(centre)[name]
    form = editing(client.get(address).content.decode())
    for kind, value in NASTY.items():
        sent = {field: [value] for field in form.data | dict.fromkeys(form.names(*TEXTS, *CHOSEN))}
        answer = client.post(address, sent)
        assert answer.status_code in (302, 409, 422), (name, kind, answer.status_code)
        assert answer.status_code == 302 or told(answer), (name, kind)
        assert b"<script>alert" not in answer.content
        assert b"onerror=alert(1)>" not in answer.content


@pytest.mark.parametrize("name", NAMES)
def test_bad_text_alone_is_saved_clean_or_refused_and_kept_on_screen(centre, name):
    client = centre.client("administrator")
    address = pages(centre)[name]
    for kind in ("long", "control characters", "nul", "formula", "script", "template", "surrogates", *GROWN):
        form = editing(client.get(address).content.decode())
        sent = form.data | {field: [NASTY[kind]] for field in form.names(*TEXTS)}
        answer = client.post(address, sent)
        assert answer.status_code in (302, 409, 422), (name, kind, answer.status_code)
        if answer.status_code == 302:
            again = client.get(answer.headers["Location"])
            assert again.status_code == 200
            assert b"<script>alert" not in again.content
            assert b"\x01" not in again.content
        else:
            assert told(answer), (name, kind)
            kept = editing(answer.content.decode()).data
            typed = [field for field in form.names(*TEXTS) if field in kept]
            if kind == "script":
                assert all(kept[field] == sent[field] for field in typed), name


@pytest.mark.parametrize("name", NAMES)
def test_choices_that_do_not_exist_are_refused(centre, name):
    client = centre.client("administrator")
    address = pages(centre)[name]
    form = editing(client.get(address).content.decode())
    choosing = form.names("select")
    if not choosing:
        return
    for value in ("999999", "no-hay", "0x1", "-1", "9" * 40, "Mars/Olympus"):
        answer = client.post(address, form.data | {field: [value] for field in choosing})
        assert answer.status_code == 422, (name, value)
        assert told(answer)


def test_nothing_was_changed_by_refusals(centre):
    client = centre.client("administrator")
    with centre.active():
        before = [list(model.objects.values()) for model in (Centre, Patient, Practitioner, Service, Holiday)]
    for address in pages(centre).values():
        form = editing(client.get(address).content.decode())
        client.post(address, {field: [LONG] for field in form.data})
    with centre.active():
        after = [list(model.objects.values()) for model in (Centre, Patient, Practitioner, Service, Holiday)]
    assert after == before


@pytest.mark.parametrize("name", ["patient", "service", "words"])
def test_ten_megabytes_are_refused_with_a_page_that_says_so(centre, name):
    answer = centre.client("administrator").post(pages(centre)[name], {"name": "a" * 10_000_000})
    assert answer.status_code == 413
    assert "demasiado" in answer.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        *("pacientes/99999999999999999999/", "pacientes/-1/", "pacientes/1e3/", "pacientes/0/editar"),
        *("configuracion/lista/nada", "configuracion/lista/boxes/99999999999999999999999"),
        *("configuracion/tratamientos/abc", "configuracion/profesionales/0"),
    ],
)
def test_ids_that_are_none_are_not_found(centre, path):
    answer = centre.client("administrator").get(centre.url(path))
    assert answer.status_code == 404
    assert "No encontramos" in answer.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        *("?page=abc", "?page=-3", "?page=99999999999999999999", "?q=%00", "?q=" + "x" * 5_000, "?q=%25_%27"),
        *("?estado=otro", "?profesional=9999999999999999999999", "?profesional=x", "?columna=secreta"),
        *("?categoria=%3Cscript%3E", "?q=%F0%9F%92%89"),
    ],
)
def test_an_address_with_nonsense_shows_a_list_all_the_same(centre, query):
    client = centre.client("administrator")
    answer = client.get(centre.url(f"pacientes/{query}"))
    assert answer.status_code == 200
    assert b"<script>" not in answer.content
    assert client.get(centre.url(f"configuracion/lista/boxes{query}")).status_code == 200
    assert client.get(centre.url(f"pacientes/buscar{query}")).status_code == 200


def test_a_refusal_speaks_the_readers_language(centre):
    centre.speaks("administrator", "en")
    client = centre.client("administrator")
    address = pages(centre)["new patient"]
    html = client.post(
        address, {"country": "CL", "national_id": "1-1", "phone": "x", "email": "x"}
    ).content.decode()
    assert "Escribe el nombre" not in html
    assert len(read(html).errors) >= 4
