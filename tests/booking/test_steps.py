"""The steps up to the hour: what is offered, what stays in view, what an address may not do."""

from datetime import datetime, timedelta

import pytest

from reservo.agenda import operations as agenda
from reservo.booking.models import BookingPage
from reservo.catalog.models import (
    Branch,
    Practitioner,
    PractitionerBranch,
    Service,
    ServiceCategory,
    ServicePractitioner,
    ServicePrice,
    WorkingPeriod,
)
from reservo.core import zones
from reservo.core.clock import now
from tests.booking.visitor import Visitor
from tests.cast import STAFF


def second_branch(centre, zone="America/Punta_Arenas"):
    with centre.active():
        branch = Branch.objects.create(name="Sur", country="CL", zone=zone, city="Punta Arenas")
        PractitionerBranch.objects.create(practitioner_id=centre.ana, branch=branch)
        WorkingPeriod.objects.create(
            practitioner_id=centre.ana, branch=branch, weekday=5, starts_minute=540, ends_minute=780
        )
    return branch


def test_a_centre_with_one_branch_begins_with_its_services(visitor):
    page = visitor.open()
    assert page.status == 200
    assert "¿Qué necesitas?" in page.text
    assert "Consulta 30 min $25.000" in page.text
    assert "Procedimiento 1 h $80.000" in page.text


def test_each_step_leads_to_the_next_and_the_summary_grows(centre, visitor):
    second_branch(centre)
    assert "¿Dónde quieres atenderte?" in visitor.open().text
    assert "Centro Cambiar ¿Qué necesitas?" in visitor.follow("Centro").text
    assert "Centro Consulta 30 min $25.000 Cambiar ¿Con quién?" in visitor.follow("Consulta").text
    page = visitor.follow("Quien esté libre antes")
    assert "Centro Consulta 30 min $25.000 Quien esté libre antes Cambiar ¿Qué día y a qué hora?" in page.text
    assert "hora de Santiago, UTC−3" in page.text
    assert visitor.times


def test_the_last_choice_is_changed_from_the_summary(centre, visitor):
    second_branch(centre)
    visitor.open("", sucursal=centre.branch, servicio=centre.consultation, profesional="0")
    assert "¿Con quién?" in visitor.follow("Cambiar").text
    assert "¿Qué necesitas?" in visitor.follow("Cambiar").text
    assert "¿Dónde quieres atenderte?" in visitor.follow("Cambiar").text


def test_services_stand_in_their_categories_with_the_price_of_the_branch(centre, visitor):
    with centre.active():
        category = ServiceCategory.objects.create(name="Exámenes", position=5)
        Service.objects.filter(pk=centre.control).update(category=category)
        ServicePrice.objects.create(service_id=centre.control, branch_id=centre.branch, price_minor=9_990)
    assert "Exámenes Control 20 min $9.990" in visitor.open().text


def test_what_is_not_online_is_not_shown(centre, visitor):
    with centre.active():
        Service.objects.filter(pk=centre.control).update(is_online=False)
        Practitioner.objects.filter(pk=centre.beto).update(is_online=False)
    assert "Control" not in visitor.open().text
    visitor.open("", servicio=centre.consultation)
    assert "¿Qué día y a qué hora?" in visitor.page.text
    assert "Beto" not in visitor.page.text


def test_the_first_day_with_a_free_time_is_chosen_even_weeks_ahead(centre, visitor):
    with centre.active():
        today = zones.local_date(now(), "America/Santiago")
        away = agenda.Blocking(
            title="Vacaciones", day=today, minute=0, duration_minutes=30 * 24 * 60, zone="America/Santiago"
        )
        agenda.block(away, by=STAFF, at=now())
    page = visitor.open("", servicio=centre.consultation, profesional="0")
    assert visitor.times
    first = visitor.times[0][:10]
    assert first >= (today + timedelta(days=30)).isoformat()
    assert page.status == 200


def test_without_a_time_within_the_horizon_the_telephone_is_given_and_not_days_to_leaf_through(
    centre, visitor
):
    with centre.active():
        WorkingPeriod.objects.all().delete()
    page = visitor.open("", servicio=centre.consultation, profesional="0")
    assert "Por ahora no quedan horas." in page.text
    assert "Ver los días siguientes" not in page.text
    assert ["tel:+56223456789", "+56 2 2345 6789"] in page.links


def test_nothing_is_offered_beyond_the_horizon_and_before_the_notice(centre, visitor):
    with centre.active():
        BookingPage.objects.update(horizon_days=3, least_notice_minutes=24 * 60)
    earliest, latest = now() + timedelta(days=1), now() + timedelta(days=3, minutes=1)
    offered = []
    for offset in range(-1, 30):
        visitor.to_times((now() + timedelta(days=offset)).date())
        offered += visitor.times
        assert "Días siguientes" not in visitor.page.text
    assert offered
    assert all(earliest <= datetime.fromisoformat(one) <= latest for one in offered)


def test_a_closed_page_says_so_and_takes_nothing(centre, visitor, monday):
    visitor.to_times(monday.date())
    with centre.active():
        BookingPage.objects.update(is_open=False)
    assert visitor.press("10:00").status == 422
    assert "Por ahora no se reserva en línea" in visitor.open().text


@pytest.mark.parametrize(
    "asked",
    [
        {"sucursal": "999"},
        {"sucursal": "uno"},
        {"servicio": "999"},
        {"servicio": "-1"},
        {"servicio": "1' OR 1=1"},
        {"servicio": "{c}", "profesional": "999"},
        {"servicio": "{c}", "profesional": "x\x00"},
        {"servicio": "9" * 40},
    ],
)
def test_an_unknown_id_gets_the_step_again_and_a_word_about_it(centre, visitor, asked):
    page = visitor.open("", **{key: value.format(c=centre.consultation) for key, value in asked.items()})
    assert page.status == 404
    assert "no se puede reservar en línea. Elige de nuevo." in page.text


def test_another_centres_ids_are_unknown(centre, other, visitor):
    with other.active():
        far = Service.objects.create(id=777, name="Ajena", duration_minutes=30, price_minor=1)
        ServicePractitioner.objects.create(service=far, practitioner_id=other.ana)
    assert Visitor(other).open("", servicio=777).status == 200
    assert visitor.open("", servicio=777).status == 404


@pytest.mark.parametrize(
    "day", ["0001-01-02", "9999-12-31", "2026-13-45", "ayer", "\x00", "2026-W01-1", "x" * 5000]
)
def test_a_malformed_day_is_only_another_day(centre, visitor, day):
    page = visitor.open("", servicio=centre.consultation, profesional="0", dia=day)
    assert page.status == 200


def test_english_is_asked_for_in_the_address_and_stays(centre, visitor):
    visitor.open("", lang="en")
    assert visitor.page.response.headers["Content-Language"] == "en"
    visitor.follow("Consulta")
    assert visitor.page.response.headers["Content-Language"] == "en"
    visitor.follow("Beto")
    assert "Santiago time" in visitor.page.text or visitor.page.response.headers["Content-Language"] == "en"
    visitor.press(visitor.times[0][11:16])
    assert visitor.page.response.headers["Content-Language"] == "en"


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
def test_the_first_page_is_only_read(centre, visitor, method):
    answer = getattr(visitor.client, method)(centre.url())
    assert answer.status_code == 405
    assert answer["Allow"] == "GET, HEAD"
    assert "No entendimos la solicitud" in answer.content.decode()


def test_the_number_of_queries_does_not_grow_with_what_is_offered(centre, visitor, queries_of):
    before = {step: queries_of(lambda step=step: visitor.open("", **step_of(centre, step))) for step in STEPS}
    with centre.active():
        for n in range(3):
            service = Service.objects.create(name=f"Otra {n}", duration_minutes=30, price_minor=1)
            who = Practitioner.objects.create(name=f"Otro {n}")
            PractitionerBranch.objects.create(practitioner=who, branch_id=centre.branch)
            ServicePractitioner.objects.create(service=service, practitioner=who)
            ServicePractitioner.objects.create(service_id=centre.consultation, practitioner=who)
    after = {step: queries_of(lambda step=step: visitor.open("", **step_of(centre, step))) for step in STEPS}
    assert after == before


STEPS = ("services", "practitioners", "times")


def step_of(centre, step):
    f = "x" * 24
    return {
        "services": {},
        "practitioners": {"servicio": centre.consultation},
        "times": {"servicio": centre.consultation, "profesional": "0", "f": f},
    }[step]
