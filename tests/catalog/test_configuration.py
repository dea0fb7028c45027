"""The administrator's configuration in the browser: every thing saved, in the trail, and never under visits to come."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from PIL import Image

from reservo import tenancy
from reservo.agenda.models import Appointment
from reservo.audit.models import Action
from reservo.catalog import queries
from reservo.catalog.models import (
    Branch,
    Centre,
    Holiday,
    OpeningPeriod,
    Practitioner,
    PractitionerBranch,
    PrivacyText,
    Room,
    RoomKind,
    Service,
    ServiceCategory,
    ServicePractitioner,
    ServicePrice,
    WorkingException,
    WorkingPeriod,
)
from reservo.config.schedule import ENTRIES
from reservo.core.clock import now
from reservo.jobs import recurring
from reservo.jobs.models import NextFiring
from reservo.tenancy import directory
from reservo.tenancy.context import TENANT_ALIAS
from reservo.tenants.operations import BadTenant, UnknownTenant, set_zone
from tests.ui.forms import editing, read

LISTS = "configuracion/lista"


@pytest.fixture
def admin(centre):
    return centre.client("administrator")


def fill(client, page, /, **changes):
    """Open the page, change some fields, press its button."""
    form = editing(client.get(page).content.decode())
    return client.post(page, {**form.data, **changes})


def without(client, page, /, *names, **changes):
    form = editing(client.get(page).content.decode())
    return client.post(page, {name: v for name, v in {**form.data, **changes}.items() if name not in names})


def errors(answer):
    return read(answer.content.decode()).errors


def one(model, **where):
    return model.objects.get(**where)


def test_the_centre_is_changed_with_its_logo(centre, admin):
    picture = io.BytesIO()
    Image.new("RGB", (900, 300), "#aa3355").save(picture, "JPEG")
    picture.seek(0)
    picture.name = "logo.jpg"
    answer = fill(
        admin,
        centre.url("configuracion/centro"),
        name="Clínica Nueva",
        country="ES",
        currency="EUR",
        language="en",
        zone="Europe/Madrid",
        colour="#AA3355",
        patient_word="cliente",
        logo=picture,
    )
    assert answer.status_code == 302
    with centre.active():
        saved = Centre.objects.get()
        assert (saved.name, saved.country, saved.currency) == ("Clínica Nueva", "ES", "EUR")
        assert (saved.language, saved.zone, saved.patient_word) == ("en", "Europe/Madrid", "cliente")
        assert Action.objects.filter(action="centre.saved").exists()
    shown = admin.get(centre.url("logo.png"))
    assert Image.open(io.BytesIO(shown.content)).format == "PNG"
    assert "moneda" in admin.get(answer.headers["Location"]).content.decode()


def test_work_of_the_whole_centre_recurs_in_the_zone_that_is_configured(centre, admin):
    """And the scheduler, which planned for the old one, looks again."""
    tenant_id = centre.route.tenant_id
    NextFiring.objects.update_or_create(tenant_id=tenant_id, defaults={"at": now() + timedelta(hours=1)})
    assert fill(admin, centre.url("configuracion/centro"), name="Otro nombre").status_code == 302
    assert NextFiring.objects.get(pk=tenant_id).at > now()
    page = centre.url("configuracion/centro")
    assert fill(admin, page, zone="America/Punta_Arenas").status_code == 302
    assert NextFiring.objects.get(pk=tenant_id).at <= now()
    route = directory.by_id(tenant_id)
    assert (route.zone, route.epoch) == ("America/Punta_Arenas", centre.route.epoch)
    assert directory.find(centre.slug).zone == "America/Punta_Arenas"
    with tenancy.activate(route):
        whole = next(entry for entry in ENTRIES if not entry.per_branch)
        assert {place.zone for place in recurring.places(whole)} == {"America/Punta_Arenas"}


def test_a_zone_is_set_for_a_known_centre_and_only_if_it_is_one(centre):
    with pytest.raises(BadTenant):
        set_zone(centre.route.tenant_id, "America/Nowhere", at=now())
    with pytest.raises(UnknownTenant):
        set_zone(0, "America/Lima", at=now())
    assert directory.by_id(centre.route.tenant_id).zone == centre.route.zone


def test_what_is_no_picture_is_refused_and_the_logo_stays(centre, admin):
    for sent in (
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"GIF89a",
        b"",
        b"\x89PNG\r\n\x1a\n" + b"0" * 6_000_000,
    ):
        bad = io.BytesIO(sent)
        bad.name = "logo.png"
        answer = fill(admin, centre.url("configuracion/centro"), name="Otro", logo=bad)
        assert answer.status_code == 422
        assert any("imagen" in error for error in errors(answer))
    with centre.active():
        assert Centre.objects.get().name == "Clínica de Prueba"


def test_a_logo_is_taken_away_again(centre, admin):
    address = centre.url("configuracion/centro")
    assert "without_logo" not in admin.get(address).content.decode()
    picture = io.BytesIO()
    Image.new("RGB", (90, 30), "#aa3355").save(picture, "PNG")
    picture.seek(0)
    picture.name = "logo.png"
    fill(admin, address, logo=picture)
    assert admin.get(centre.url("logo.png")).status_code == 200
    assert fill(admin, address, without_logo="on").status_code == 302
    with centre.active():
        assert Centre.objects.get().logo == ""
    assert admin.get(centre.url("logo.png")).status_code == 404
    assert "without_logo" not in admin.get(address).content.decode()


def test_a_privacy_text_is_a_new_version_and_the_old_one_stays(centre, admin):
    answer = fill(admin, centre.url("configuracion/privacidad"), words="Otro texto.", language="es")
    assert answer.status_code == 302
    with centre.active():
        assert list(PrivacyText.objects.order_by("version").values_list("version", "text")) == [
            (1, "Cuidamos tus datos."),
            (2, "Otro texto."),
        ]
        assert queries.privacy_text("es").version == 2


def test_a_branch_is_made_with_its_zone_region_and_hours(centre, admin):
    answer = fill(
        admin,
        centre.url(f"{LISTS}/sucursales/nuevo"),
        name="Punta Arenas",
        address="Bories 1",
        country="CL",
        zone="America/Punta_Arenas",
        region="CL-MA",
        phone="9 1234 5678",
        hours="lunes a viernes 09:00-13:00\nlunes a viernes 15:00-19:00\nsábado 10:00-13:00",
    )
    assert answer.status_code == 302
    with centre.active():
        made = one(Branch, name="Punta Arenas")
        assert (made.zone, made.region, made.phone) == ("America/Punta_Arenas", "MA", "+56912345678")
        assert OpeningPeriod.objects.filter(branch=made, room=None).count() == 11


def test_a_region_is_one_of_its_country(centre, admin):
    answer = fill(admin, centre.url(f"{LISTS}/sucursales/{centre.branch}"), country="ES", region="CL-MA")
    assert answer.status_code == 422
    assert errors(answer) == ["Esa región no es del país elegido."]
    answer = fill(admin, centre.url(f"{LISTS}/sucursales/{centre.branch}"), country="ES", region="ES-CT")
    assert answer.status_code == 302


def test_a_zone_outside_our_lists_is_not_lost_by_saving(centre, admin):
    with centre.active():
        Branch.objects.update(zone="Asia/Kolkata")
    assert fill(admin, centre.url(f"{LISTS}/sucursales/{centre.branch}"), city="Calcuta").status_code == 302
    with centre.active():
        assert Branch.objects.get().zone == "Asia/Kolkata"


def test_another_zone_waits_until_no_visit_would_change_its_hour(centre, admin, monday):
    visit = centre.book(monday)
    address = centre.url(f"{LISTS}/sucursales/{centre.branch}")
    answer = fill(admin, address, zone="America/Lima")
    assert answer.status_code == 422
    assert "1 cita por venir" in errors(answer)[0]
    assert f"cita={visit.pk}" in answer.content.decode()
    with centre.active():
        assert Branch.objects.get().zone == "America/Santiago"
        Appointment.objects.update(state=Appointment.State.SUSPENDED)
    assert fill(admin, address, zone="America/Lima").status_code == 302


def test_rooms_and_kinds(centre, admin):
    assert fill(admin, centre.url(f"{LISTS}/tipos-de-box/nuevo"), name="Láser").status_code == 302
    with centre.active():
        kind = one(RoomKind, name="Láser")
    address = centre.url(f"{LISTS}/boxes/nuevo")
    answer = fill(
        admin, address, name="Box láser", branch=centre.branch, kind=kind.pk, hours="martes 10:00-12:00"
    )
    assert answer.status_code == 302
    with centre.active():
        room = one(Room, name="Box láser")
        assert room.opening_periods.values_list("weekday", "starts_minute", "ends_minute").get() == (
            1,
            600,
            720,
        )
        assert not OpeningPeriod.objects.filter(branch=centre.branch, room=None).exists()
    answer = fill(admin, address, name="Box láser", branch=centre.branch)
    assert answer.status_code == 422
    assert "Ya hay otro con ese nombre" in answer.content.decode()


def test_a_practitioner_with_branches_services_hours_breaks_and_a_box(centre, admin):
    answer = fill(
        admin,
        centre.url("configuracion/profesionales/nuevo"),
        name="Carla Soto",
        speciality="Kinesiología",
        colour="#335577",
        branches=[centre.branch],
        services=[centre.consultation, centre.control],
        most_overbooked=2,
        **{f"hours_{centre.branch}": "lun-mié 09:00-13:00 box 1\nlun-mié 14:00-18:00"},
    )
    assert answer.status_code == 302
    with centre.active():
        made = one(Practitioner, name="Carla Soto")
        assert (made.colour, made.most_overbooked) == ("#335577", 2)
        assert set(made.gives_services.values_list("service_id", flat=True)) == {
            centre.consultation,
            centre.control,
        }
        rows = WorkingPeriod.objects.filter(practitioner=made, weekday=0)
        assert list(rows.values_list("starts_minute", "ends_minute", "room_id")) == [
            (540, 780, centre.room),
            (840, 1080, None),
        ]


def test_somebody_new_begins_with_the_hours_of_the_only_branch(centre, admin):
    def offered():
        forms = read(admin.get(centre.url("configuracion/profesionales/nuevo")).content.decode()).forms
        return next(form.data for form in forms if "speciality" in form.data)[f"hours_{centre.branch}"][0]

    with centre.active(), tenancy.atomic():
        OpeningPeriod.objects.all().delete()
        OpeningPeriod.objects.create(branch_id=centre.branch, weekday=0, starts_minute=540, ends_minute=780)
    assert offered() == "lunes 09:00-13:00"
    with centre.active(), tenancy.atomic():
        Branch.objects.create(name="Norte", zone="America/Santiago")
    assert offered() == ""


def test_hours_of_a_room_are_not_taken_for_those_of_the_branch(centre, admin):
    with centre.active(), tenancy.atomic():
        OpeningPeriod.objects.all().delete()
        for room_id in (None, centre.room):
            OpeningPeriod.objects.create(
                branch_id=centre.branch, room_id=room_id, weekday=0, starts_minute=540, ends_minute=780
            )
    answer = fill(
        admin, centre.url("configuracion/profesionales/nuevo"), name="Eva", services=[centre.control]
    )
    assert answer.status_code == 302
    with centre.active():
        assert WorkingPeriod.objects.filter(practitioner__name="Eva").count() == 1


def test_hours_of_each_branch_wait_for_its_tick_until_she_works_there(centre, admin):
    with centre.active(), tenancy.atomic():
        OpeningPeriod.objects.all().delete()
        north = Branch.objects.create(name="Norte", zone="America/Santiago")
        for branch_id in (centre.branch, north.pk):
            OpeningPeriod.objects.create(branch_id=branch_id, weekday=0, starts_minute=540, ends_minute=780)
    new = admin.get(centre.url("configuracion/profesionales/nuevo")).content.decode()
    assert new.count('data-likely="lunes 09:00-13:00"') == 2
    known = admin.get(centre.url(f"configuracion/profesionales/{centre.ana}")).content.decode()
    assert known.count('data-likely="lunes 09:00-13:00"') == 1


def test_hours_in_a_branch_that_is_not_ticked_are_not_dropped_in_silence(centre, admin):
    address = centre.url(f"configuracion/profesionales/{centre.ana}")
    with centre.active():
        other = Branch.objects.create(name="Otra", country="CL", zone="America/Santiago").pk
    answer = fill(admin, address, **{f"hours_{other}": "lunes 09:00-10:00"})
    assert answer.status_code == 422
    assert errors(answer) == ["Marca la sucursal arriba, o borra este horario."]


def test_days_off_and_extra_hours(centre, admin, monday):
    day = monday.date()
    address = centre.url(f"configuracion/profesionales/{centre.ana}/excepciones")
    answer = admin.post(
        address, {"date": day, "until": day + timedelta(days=13), "kind": "off", "reason": "Vacaciones"}
    )
    assert answer.status_code == 302
    saturday = day + timedelta(days=19)
    extra = {"date": saturday, "kind": "extra", "branch": centre.branch, "starts": "20:00", "ends": "00:00"}
    assert admin.post(address, {**extra, "room": centre.room}).status_code == 302
    with centre.active():
        assert WorkingException.objects.filter(kind="off").count() == 14
        kept = one(WorkingException, kind="extra")
        assert (kept.date, kept.starts_minute, kept.ends_minute) == (saturday, 1200, 1440)
        assert kept.room_id == centre.room
        removed = centre.url(f"configuracion/excepciones/{kept.pk}/quitar")
    assert admin.post(removed).status_code == 302
    with centre.active():
        assert not WorkingException.objects.filter(kind="extra").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"starts": "13:00", "ends": "10:00"},
        {"starts": "10:01", "ends": "11:00"},
        {"starts": "25:00", "ends": "26:00"},
        {"date": "2001-01-01"},
        {"date": "2199-01-01"},
        {"until": "2001-01-01"},
        {"kind": "extra", "branch": "", "starts": "", "ends": ""},
        {"kind": "extra", "branch": "{branch}", "starts": "10:00", "ends": "13:00", "room": "{elsewhere}"},
    ],
)
def test_a_day_that_makes_no_sense_is_refused(centre, admin, monday, wrong):
    address = centre.url(f"configuracion/profesionales/{centre.ana}/excepciones")
    with centre.active():
        other = Branch.objects.create(name="Otra", country="CL", zone="America/Santiago")
        known = {"branch": centre.branch, "elsewhere": Room.objects.create(name="Box 9", branch=other).pk}
    wrong = {name: value.format(**known) for name, value in wrong.items()}
    answer = admin.post(address, {"date": monday.date(), "kind": "off", **wrong})
    assert answer.status_code == 422
    assert errors(answer)
    with centre.active():
        assert not WorkingException.objects.exists()


def test_a_service_with_buffers_prices_and_who_gives_it(centre, admin):
    with centre.active():
        other = Branch.objects.create(name="Otra", country="CL", zone="America/Santiago").pk
        category = ServiceCategory.objects.create(name="Piel").pk
    answer = fill(
        admin,
        centre.url("configuracion/tratamientos/nuevo"),
        name="Limpieza facial",
        category=category,
        code="LF-1",
        duration_minutes=45,
        buffer_before_minutes=5,
        buffer_after_minutes=10,
        price_minor="$12.345.678",
        room_kind=centre.kind,
        instructions="Ven sin maquillaje.\nTrae una toalla.",
        practitioners=[centre.ana],
        **{f"price_{other}": "9.990"},
    )
    assert answer.status_code == 302
    with centre.active():
        made = one(Service, name="Limpieza facial")
        assert (made.duration_minutes, made.buffer_before_minutes, made.buffer_after_minutes) == (45, 5, 10)
        assert (made.price_minor, made.code, made.room_kind_id) == (12_345_678, "LF-1", centre.kind)
        assert made.instructions == "Ven sin maquillaje.\nTrae una toalla."
        assert queries.price_minor(made, other) == 9_990
        assert queries.price_minor(made, centre.branch) == 12_345_678
        assert list(made.by_practitioners.values_list("practitioner_id", flat=True)) == [centre.ana]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("duration_minutes", value) for value in ("0", "7", "725", "-5", "x", "")),
        *(("buffer_after_minutes", value) for value in ("3", "245", "-5")),
        *(("price_minor", value) for value in ("-1", "1,5", "1e9", "12.34.5", "9" * 29)),
        ("position", "10000"),
    ],
)
def test_a_number_out_of_bounds_is_refused_at_its_field(centre, admin, name, value):
    answer = fill(admin, centre.url(f"configuracion/tratamientos/{centre.consultation}"), **{name: value})
    assert answer.status_code == 422
    assert len(errors(answer)) == 1
    assert f'id="id_{name}_error"' in answer.content.decode()


def test_a_new_duration_or_price_leaves_visits_as_they_were(centre, admin, monday):
    visit = centre.book(monday)
    address = centre.url(f"configuracion/tratamientos/{centre.consultation}")
    answer = fill(admin, address, duration_minutes=60, price_minor="1")
    assert "conservan la duración y el precio" in admin.get(answer.headers["Location"]).content.decode()
    with centre.active():
        kept = Appointment.objects.get(pk=visit.pk)
        assert kept.duration_minutes == 30
        assert kept.services.get().price_minor == 25_000


def test_new_hours_name_the_visits_they_leave_outside(centre, admin, monday):
    visit = centre.book(monday)
    address = centre.url(f"configuracion/profesionales/{centre.ana}")
    answer = fill(admin, address, **{f"hours_{centre.branch}": "martes 09:00-13:00"})
    page = admin.get(answer.headers["Location"]).content.decode()
    assert "1 cita ya dada queda fuera" in page
    assert f"cita={visit.pk}" in page
    with centre.active():
        assert Appointment.objects.get(pk=visit.pk).state == Appointment.State.NOT_CONFIRMED


def test_a_holiday_of_its_own_names_the_visits_of_that_day(centre, admin, monday):
    centre.book(monday)
    address = centre.url("configuracion/feriados")
    answer = fill(admin, address, date=monday.date(), name="Aniversario")
    assert "queda fuera" in admin.get(answer.headers["Location"]).content.decode()
    with centre.active():
        day = one(Holiday)
        assert (day.date, day.branch_id, day.is_closed) == (monday.date(), None, True)
    assert admin.post(centre.url(f"configuracion/feriados/{day.pk}/quitar")).status_code == 302
    with centre.active():
        assert not Holiday.objects.exists()


def untick(centre, kind, pk):
    page = {
        "practitioner": "configuracion/profesionales",
        "room": f"{LISTS}/boxes",
        "branch": f"{LISTS}/sucursales",
    }
    return centre.url(f"{page[kind]}/{pk}")


@pytest.mark.parametrize("kind", ["practitioner", "room", "branch"])
def test_what_holds_visits_to_come_is_not_put_out_of_use(centre, admin, monday, kind):
    centre.book(monday, service_ids=(centre.procedure,), room_id=centre.room)
    with centre.active():
        Branch.objects.create(name="Otra", country="CL", zone="America/Santiago")
    pk = {"practitioner": centre.ana, "room": centre.room, "branch": centre.branch}[kind]
    answer = without(admin, untick(centre, kind, pk), "is_active")
    assert answer.status_code == 422
    assert "1 cita por venir" in errors(answer)[0]
    with centre.active():
        Appointment.objects.update(ends_at=now() - timedelta(days=1), starts_at=now() - timedelta(days=2))
    assert without(admin, untick(centre, kind, pk), "is_active").status_code == 302


def test_a_practitioner_stays_in_a_branch_while_visits_wait_there(centre, admin, monday):
    centre.book(monday)
    with centre.active():
        other = Branch.objects.create(name="Otra", country="CL", zone="America/Santiago").pk
    address = centre.url(f"configuracion/profesionales/{centre.ana}")
    answer = without(admin, address, f"hours_{centre.branch}", branches=[other])
    assert answer.status_code == 422
    assert "1 cita por venir" in errors(answer)[0]


def test_the_only_branch_stays_open(centre, admin):
    answer = without(admin, centre.url(f"{LISTS}/sucursales/{centre.branch}"), "is_active")
    assert errors(answer) == ["Es la única sucursal abierta: abre otra antes de cerrarla."]


@pytest.mark.parametrize(
    ("kind", "of"),
    [
        *(("profesionales", "ana"), ("tratamientos", "consultation"), ("sucursales", "branch")),
        *(("boxes", "room"), ("tipos-de-box", "kind")),
    ],
)
def test_what_was_used_is_not_deleted_and_the_page_says_what_to_do(centre, admin, monday, kind, of):
    visit = centre.book(monday, room_id=centre.room)
    answer = admin.post(centre.url(f"{LISTS}/{kind}/{getattr(centre, of)}/eliminar"))
    page = admin.get(answer.headers["Location"]).content.decode()
    assert "está en uso y no se puede eliminar" in page
    with centre.active():
        assert Appointment.objects.filter(pk=visit.pk, practitioner_id=centre.ana).exists()


@pytest.mark.parametrize(
    ("kind", "of", "model"),
    [("profesionales", "beto", Practitioner), ("tratamientos", "control", Service), ("boxes", "room", Room)],
)
def test_what_was_never_used_is_deleted(centre, admin, kind, of, model):
    pk = getattr(centre, of)
    answer = admin.post(centre.url(f"{LISTS}/{kind}/{pk}/eliminar"))
    assert answer.status_code == 302
    with centre.active():
        assert not model.objects.filter(pk=pk).exists()
        assert not ServicePractitioner.objects.filter(practitioner_id=pk).exists() or kind != "profesionales"
        assert Action.objects.filter(action=f"{model._meta.model_name}.removed").exists()


def test_links_to_what_is_out_of_use_survive_a_save(centre, admin):
    with centre.active():
        Service.objects.filter(pk=centre.control).update(is_active=False)
        closed = Branch.objects.create(name="Cerrada", country="CL", zone="America/Santiago", is_active=False)
        PractitionerBranch.objects.create(practitioner_id=centre.ana, branch=closed)
        ServicePrice.objects.create(service_id=centre.consultation, branch=closed, price_minor=7)
        Practitioner.objects.filter(pk=centre.beto).update(is_active=False)
    assert fill(admin, centre.url(f"configuracion/profesionales/{centre.ana}")).status_code == 302
    assert fill(admin, centre.url(f"configuracion/tratamientos/{centre.consultation}")).status_code == 302
    with centre.active():
        assert ServicePractitioner.objects.filter(
            service_id=centre.control, practitioner_id=centre.ana
        ).exists()
        assert PractitionerBranch.objects.filter(practitioner_id=centre.ana, branch=closed).exists()
        assert ServicePrice.objects.filter(branch=closed, price_minor=7).exists()
        gives = ServicePractitioner.objects.filter(service_id=centre.consultation)
        assert gives.filter(practitioner_id=centre.beto).exists()


@pytest.mark.parametrize(
    "path",
    [
        *(
            "configuracion/centro",
            "configuracion/lista/sucursales/{branch}",
            "configuracion/lista/boxes/{room}",
        ),
        *("configuracion/profesionales/{ana}", "configuracion/tratamientos/{consultation}"),
    ],
)
def test_the_second_of_two_who_edit_is_told_and_nothing_is_overwritten_unseen(centre, admin, path):
    address = centre.url(path.format(**vars(centre)))
    first = editing(admin.get(address).content.decode()).data
    second = editing(admin.get(address).content.decode()).data
    assert admin.post(address, {**first, "name": "Del primero"}).status_code == 302
    answer = admin.post(address, {**second, "name": "Del segundo"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Otra persona guardó cambios" in page
    assert "Del primero" in admin.get(address).content.decode()
    again = editing(page).data
    assert again["name"] == ["Del segundo"]
    assert admin.post(address, again).status_code == 302
    assert "Del segundo" in admin.get(address).content.decode()


def test_a_name_twice_is_told_in_words(centre, admin):
    with centre.active():
        ServiceCategory.objects.create(name="Piel")
        Service.objects.filter(pk=centre.control).update(code="A1")
    assert errors(fill(admin, centre.url(f"{LISTS}/categorias/nuevo"), name="Piel")) == [
        "Ya hay otro igual: usa uno distinto."
    ]
    answer = fill(admin, centre.url(f"{LISTS}/sucursales/nuevo"), name="Centro")
    assert errors(answer) == ["Ya hay otro igual: usa uno distinto."]
    answer = fill(admin, centre.url(f"configuracion/tratamientos/{centre.consultation}"), code="A1")
    assert errors(answer) == ["Ya hay otro igual: usa uno distinto."]


def test_a_list_costs_the_same_with_one_row_and_with_three(centre, admin):
    def count(kind):
        with centre.active(), CaptureQueriesContext(connections[TENANT_ALIAS]) as seen:
            assert admin.get(centre.url(f"{LISTS}/{kind}")).status_code == 200
        return len(seen)

    for kind in ("boxes", "tratamientos", "profesionales", "categorias", "sucursales"):
        before = count(kind)
        with centre.active():
            for number in range(3):
                more(centre, kind, number)
        assert count(kind) == before, kind


def more(centre, kind, number):
    name = f"Otro {number}"
    if kind == "boxes":
        Room.objects.create(branch_id=centre.branch, name=name)
    elif kind == "tratamientos":
        Service.objects.create(
            name=name, duration_minutes=30, category=ServiceCategory.objects.create(name=f"C {number}")
        )
    elif kind == "profesionales":
        Practitioner.objects.create(name=name)
    elif kind == "categorias":
        ServiceCategory.objects.create(name=name)
    else:
        Branch.objects.create(name=name, country="CL", zone="America/Santiago")


def test_the_list_is_searched_and_kept_to_what_is_in_use(centre, admin):
    with centre.active():
        Practitioner.objects.filter(pk=centre.beto).update(is_active=False)
    page = admin.get(centre.url(f"{LISTS}/profesionales?estado=en-uso")).content.decode()
    assert "Ana Rojas" in page
    assert "Beto Díaz" not in page
    assert "Nada con ese nombre" in admin.get(centre.url(f"{LISTS}/profesionales?q=zzz")).content.decode()


def test_holidays_are_shown_by_branch_and_region(centre, admin):
    with centre.active():
        Branch.objects.update(region="AP")
        other = Branch.objects.create(name="Barcelona", country="ES", region="CT", zone="Europe/Madrid").pk
    page = admin.get(centre.url("configuracion/feriados")).content.decode()
    assert "Asalto y Toma del Morro de Arica" in page
    page = admin.get(centre.url(f"configuracion/feriados?sucursal={other}")).content.decode()
    assert "Morro de Arica" not in page
    assert "Diada" in page or "Fiesta Nacional de Cataluña" in page or "Cataluña" in page


def test_weaker_roles_do_not_configure(centre):
    for role in ("receptionist", "practitioner", "accountant"):
        client = centre.client(role)
        assert client.get(centre.url("configuracion/centro")).status_code == 403
        assert client.post(centre.url(f"{LISTS}/boxes/{centre.room}/eliminar")).status_code == 403
        assert "Configuración" not in client.get(centre.url("agenda/")).content.decode()
