"""A new centre on its way to its first online booking."""

from __future__ import annotations

import io
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import set_urlconf
from PIL import Image

from reservo.booking.models import BookingPage
from reservo.catalog import setup
from reservo.catalog.models import (
    Branch,
    Centre,
    OpeningPeriod,
    Practitioner,
    PrivacyText,
    Room,
    RoomKind,
    Service,
    WorkingException,
    WorkingPeriod,
)
from reservo.config.centres import person
from reservo.core.clock import now
from reservo.staff import rights
from reservo.tenancy import connections, directory
from reservo.tenants.operations import create_tenant
from tests.cast import PASSWORD, Cast
from tests.ui.forms import editing


@pytest.fixture
def admin(centre):
    return centre.client("administrator")


@pytest.fixture
def fresh(control, request):
    """A centre as it is right after it was created, with its first administrator."""
    at = now() - timedelta(minutes=1)
    slug = f"nuevo-{abs(hash(request.node.name)) % 10**8}"
    cast = Cast(create_tenant(slug, name="Clínica Nueva", country="CL", zone="America/Santiago", at=at))
    person(cast.route, cast.email("administrator"), "Ana", PASSWORD, builtin=rights.ADMINISTRATOR, at=at)
    yield cast
    connections.close_all()
    directory.forget()


def steps(cast):
    with cast.active(), override_urlconf():
        return [(step.key, step.is_done, step.is_skipped) for step in setup.steps(Centre.objects.get())]


@contextmanager
def override_urlconf():
    set_urlconf(settings.TENANT_URLCONF)
    yield
    set_urlconf(None)


def missing(cast):
    with cast.active():
        return setup.lacks().closed_by


def test_every_page_leads_to_the_first_steps_until_they_are_over(fresh):
    admin = fresh.client("administrator")
    assert "Seguir con los primeros pasos" in admin.get(fresh.url("agenda/")).content.decode()
    for key in setup.KEYS:
        admin.post(fresh.url(f"configuracion/paso/{key}/saltar"))
    assert "Saltado" in admin.get(fresh.url("configuracion/")).content.decode()
    assert "Seguir con los primeros pasos" not in admin.get(fresh.url("agenda/")).content.decode()


def test_a_new_centre_says_what_it_lacks(fresh):
    assert missing(fresh) == ["No hay ningún tratamiento que se reserve en línea."]
    with fresh.active():
        Service.objects.create(name="Consulta", duration_minutes=30)
    assert missing(fresh) == ["Nadie hace todavía: Consulta."]


def test_each_thing_that_keeps_patients_out_is_named(centre):
    assert missing(centre) == ["Tu sucursal no tiene horario."]
    with centre.active():
        Practitioner.objects.get(pk=centre.ana).working_periods.all().delete()
        BookingPage.objects.update(is_open=False)
        OpeningPeriod.objects.create(branch_id=centre.branch, weekday=0, starts_minute=540, ends_minute=1080)
        Room.objects.update(kind=RoomKind.objects.create(name="Otro"))
    assert missing(centre) == ["La reserva en línea está cerrada."]
    with centre.active():
        WorkingPeriod.objects.all().delete()
    assert missing(centre) == [
        "La reserva en línea está cerrada.",
        "Sin horario de atención: Ana Rojas, Beto Díaz.",
        "Falta un box para: Procedimiento.",
    ]


def test_what_only_some_services_lack_keeps_nobody_out(centre):
    with centre.active():
        OpeningPeriod.objects.create(branch_id=centre.branch, weekday=0, starts_minute=540, ends_minute=1080)
        Service.objects.create(name="Masaje", duration_minutes=30)
        lacks = setup.lacks()
    assert (lacks.closed_by, lacks.in_part) == ([], ["Nadie hace todavía: Masaje."])
    html = centre.client("administrator").get(centre.url("configuracion/")).content.decode()
    assert "Aún no se puede reservar todo en línea:" in html
    assert "Falta para recibir reservas en línea" not in html
    assert "Todo listo" not in html


def test_saving_a_step_leads_to_the_next_open_one(fresh):
    admin = fresh.client("administrator")
    assert [done for _key, done, _skipped in steps(fresh)] == [False] * 5

    def go(to, **changes):
        page = admin.get(to)
        assert "Paso" in page.content.decode()
        answer = admin.post(to, {**editing(page.content.decode()).data, **changes})
        assert answer.status_code == 302, answer.content.decode()
        return answer.headers["Location"]

    with fresh.active():
        branch = Branch.objects.get().pk
    picture = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(picture, "PNG")
    picture.seek(0)
    picture.name = "logo.png"
    following = go(fresh.url("configuracion/centro?paso=centro"), logo=picture)
    assert following.endswith("?paso=sucursal")
    following = go(following, address="Calle Uno 1")
    assert following.endswith("?paso=tratamientos")
    following = go(following, name="Consulta", duration_minutes=30, price_minor="20000")
    assert following.endswith("?paso=profesionales")
    with fresh.active():
        service = Service.objects.get().pk
    hours = {f"hours_{branch}": "lunes a viernes 09:00-18:00"}
    following = go(following, name="Ana Rojas", branches=[branch], services=[service], **hours)
    assert following.endswith("?paso=reserva")
    assert missing(fresh) == []
    assert [done for _key, done, _skipped in steps(fresh)] == [True, True, True, True, False]


def test_a_step_that_was_saved_and_is_not_done_says_what_it_lacks(fresh):
    admin = fresh.client("administrator")
    words = "Falta la dirección: va en los correos y en la página de reservas."
    assert words in admin.get(fresh.url("configuracion/")).content.decode()
    with fresh.active():
        Branch.objects.update(address="Calle Uno 1")
    assert words not in admin.get(fresh.url("configuracion/")).content.decode()


def test_a_skipped_step_leads_on_and_can_be_done_later(fresh):
    admin = fresh.client("administrator")
    answer = admin.post(fresh.url("configuracion/paso/centro/saltar"))
    assert answer.headers["Location"].endswith("?paso=sucursal")
    assert steps(fresh)[0] == ("centro", False, True)
    assert admin.post(fresh.url("configuracion/paso/otro/saltar")).status_code == 404


def test_a_centre_without_a_logo_has_done_its_first_step_once_it_is_saved(fresh):
    admin = fresh.client("administrator")
    page = admin.get(fresh.url("configuracion/centro?paso=centro"))
    admin.post(fresh.url("configuracion/centro?paso=centro"), editing(page.content.decode()).data)
    assert steps(fresh)[0] == ("centro", True, False)


def test_what_has_one_answer_is_not_asked(centre, admin):
    page = admin.get(centre.url("configuracion/lista/boxes/nuevo")).content.decode()
    assert f'<option value="{centre.branch}" selected>' in page
    address = centre.url(f"configuracion/profesionales/{centre.ana}/excepciones")
    day = (now() + timedelta(days=9)).date()
    extra = {"date": day, "kind": "extra", "starts": "10:00", "ends": "13:00"}
    assert admin.post(address, extra).status_code == 302
    with centre.active():
        assert WorkingException.objects.get().branch_id == centre.branch
        Branch.objects.create(name="Otra", country="CL", zone="America/Santiago")
    page = admin.get(centre.url("configuracion/lista/boxes/nuevo")).content.decode()
    assert "Elige una sucursal" in page
    assert admin.post(address, extra).status_code == 422


def test_a_service_that_nobody_gives_says_so(centre, admin):
    given = {"name": "Nuevo", "duration_minutes": "30", "is_active": "on", "is_online": "on"}
    given |= dict.fromkeys(("buffer_before_minutes", "buffer_after_minutes", "position"), "0")
    answer = admin.post(centre.url("configuracion/tratamientos/nuevo"), given, follow=True)
    assert "Nadie lo hace todavía" in answer.content.decode()
    given |= {"name": "Otro", "practitioners": str(centre.ana)}
    answer = admin.post(centre.url("configuracion/tratamientos/nuevo"), given, follow=True)
    assert "Nadie lo hace todavía" not in answer.content.decode()


def test_the_privacy_text_that_is_read_until_there_is_another_one_is_shown(centre, admin):
    words = "usa tus datos solo para atenderte"
    with centre.active():
        PrivacyText.objects.all().delete()
    assert words in centre.client().get(centre.url("privacidad")).content.decode()
    assert words in admin.get(centre.url("configuracion/privacidad")).content.decode()
    admin.post(centre.url("configuracion/privacidad"), {"language": "es", "words": "El nuestro"})
    page = admin.get(centre.url("configuracion/privacidad")).content.decode()
    assert (words in page, "(Español)" in page) == (False, True)


def test_fields_speak_to_people_as_everything_else_does(centre, admin):
    given = {"name": "Centro", "reply_to": "hola@nandu", "step_minutes": "quince"}
    page = admin.post(centre.url("configuracion/centro"), given).content.decode()
    assert "El correo no es válido." in page
    assert "Escribe un número entero." in page
    assert "Introduzca" not in page
