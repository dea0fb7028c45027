"""Photographs of practitioners: what is sent is decoded and written anew; who sees which."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from reservo.adapters import files
from reservo.audit.models import Action
from reservo.catalog.models import Practitioner
from reservo.catalog.operations.pictures import key_of
from tests.ui.forms import editing


def picture(kind="JPEG", size=(900, 600)):
    sent = io.BytesIO()
    Image.new("RGB", size, "#335577").save(sent, kind)
    return named(sent.getvalue())


def named(content):
    sent = io.BytesIO(content)
    sent.name = "ana.jpg"
    return sent


@pytest.fixture
def page(centre):
    """The form of the first practitioner as her administrator sends it, with some fields changed."""
    client = centre.client("administrator")
    address = centre.url(f"configuracion/profesionales/{centre.ana}")

    def send(**changes):
        data = editing(client.get(address).content.decode()).data
        return client.post(address, {**data, **changes})

    return send


def ana(centre):
    with centre.active():
        return Practitioner.objects.get(pk=centre.ana)


def address_of(centre):
    return centre.url(f"foto/{ana(centre).photo.removesuffix('.png')}.png")


def test_a_photograph_is_written_anew_and_stands_where_her_initials_stood(centre, page):
    assert "<img" not in centre.client().get(centre.url(f"?servicio={centre.consultation}")).content.decode()
    assert page(picture=picture()).status_code == 302
    shown = centre.client().get(address_of(centre))
    kept = Image.open(io.BytesIO(shown.content))
    assert (shown["Content-Type"], kept.format, max(kept.size)) == ("image/png", "PNG", 256)
    src = f'src="{address_of(centre)}"'
    for role, path in (
        (None, f"?servicio={centre.consultation}"),
        ("administrator", "configuracion/lista/profesionales"),
        ("administrator", f"configuracion/profesionales/{centre.ana}"),
    ):
        assert src in centre.client(role).get(centre.url(path)).content.decode()
    assert address_of(centre) in centre.client("receptionist").get(centre.url("agenda/")).content.decode()
    with centre.active():
        assert Action.objects.filter(action="practitioner.photo", object_id=centre.ana).count() == 1


def test_another_one_takes_its_place_and_none_brings_the_initials_back(centre, page):
    page(picture=picture())
    first = ana(centre).photo
    page(picture=picture("PNG"))
    second = ana(centre).photo
    assert page(without_picture="on").status_code == 302
    assert ana(centre).photo == ""
    with centre.active():
        for gone in (first, second):
            with pytest.raises(FileNotFoundError):
                files.current().read(key_of(gone))


@pytest.mark.parametrize(
    "sent", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", b"\x89PNG" + b"0" * 6_000_000]
)
def test_what_is_no_photograph_is_refused_and_nothing_of_the_form_is_saved(centre, page, sent):
    answer = page(name="Otro Nombre", picture=named(sent))
    assert (answer.status_code, "No pudimos leer la imagen" in answer.content.decode()) == (422, True)
    assert (ana(centre).name, ana(centre).photo) == ("Ana Rojas", "")


@pytest.mark.parametrize("changes", [{"is_online": False}, {"is_active": False}])
def test_who_is_not_on_the_booking_page_is_seen_by_staff_alone(centre, other, page, changes):
    page(picture=picture())
    address = address_of(centre)
    with centre.active():
        Practitioner.objects.filter(pk=centre.ana).update(**changes)
    assert centre.client().get(address).status_code == 404
    seen = centre.client("practitioner").get(address)
    assert (seen.status_code, seen["Cache-Control"]) == (200, "private, no-store")
    assert other.client("administrator").get(address).status_code == 404
    assert other.client("administrator").get(address.replace(centre.slug, other.slug)).status_code == 404
