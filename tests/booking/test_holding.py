"""Choosing an hour holds it for this form, for everybody to see, until another is chosen or it runs out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from reservo.agenda import operations as agenda
from reservo.agenda.models import Appointment, Claim, Hold
from reservo.booking import operations
from reservo.booking.models import BookingPage
from reservo.core.clock import now
from reservo.patients.fields import PatientFields
from reservo.tenancy import connections
from tests.booking.visitor import TYPED, Visitor


def held(centre):
    with centre.active():
        return list(Hold.objects.order_by("starts_at").values_list("starts_at", flat=True))


def test_choosing_an_hour_holds_it_for_ten_minutes(centre, visitor, monday):
    page = visitor.hold(monday, practitioner=centre.ana)
    assert "Guardamos esta hora para ti: 10 min" in page.text
    with centre.active():
        kept = Hold.objects.get()
    assert kept.starts_at == monday
    assert timedelta(minutes=9, seconds=50) < kept.expires_at - now() <= timedelta(minutes=10)


def test_the_centre_says_for_how_long(centre, visitor, monday):
    with centre.active():
        BookingPage.objects.update(hold_minutes=25)
    assert "Guardamos esta hora para ti: 25 min" in visitor.hold(monday).text


def test_a_held_hour_is_offered_to_nobody_and_refused_with_409(centre, visitor, monday):
    rival = Visitor(centre, address="10.0.0.2")
    rival.to_times(monday.date(), practitioner=centre.ana)
    visitor.hold(monday, practitioner=centre.ana)
    page = rival.press("10:00")
    assert page.status == 409
    assert "Esa hora se acaba de ocupar." in page.text
    assert [value[11:16] for value in rival.times[:3]] == ["09:15", "09:30", "10:30"]
    rival.to_times(monday.date(), practitioner=centre.ana)
    assert not any("T10:00" in value for value in rival.times)


def test_staff_are_refused_a_held_hour_and_told_until_when(centre, visitor, monday):
    visitor.hold(monday, practitioner=centre.ana)
    with pytest.raises(agenda.TimeTaken) as refused:
        centre.book(monday)
    assert refused.value.held_until is not None


def test_another_choice_frees_the_hour_held_before(centre, visitor, monday):
    visitor.hold(monday, practitioner=centre.ana)
    visitor.follow("Cambiar la hora")
    visitor.open("", **{**visitor.page.response.wsgi_request.GET.dict(), "dia": monday.date().isoformat()})
    visitor.press("11:00")
    assert held(centre) == [monday + timedelta(hours=1)]


def test_another_choice_by_the_browsers_back_button_frees_it_too(centre, visitor, monday):
    visitor.to_times(monday.date(), practitioner=centre.ana)
    times_page = visitor.page
    visitor.press("10:00")
    visitor.page = times_page
    visitor.press("12:00")
    assert held(centre) == [monday + timedelta(hours=2)]


def test_a_refused_choice_leaves_the_hour_held_before(centre, visitor, monday):
    visitor.to_times(monday.date(), practitioner=centre.ana)
    times_page = visitor.page
    visitor.press("10:00")
    centre.book(monday + timedelta(hours=2))
    visitor.page = times_page
    assert visitor.press("12:00").status == 409
    assert held(centre) == [monday]


def test_the_page_of_hours_leads_back_to_the_hour_held(centre, visitor, monday):
    visitor.hold(monday, practitioner=centre.ana)
    visitor.follow("Cambiar la hora")
    assert "Te estamos guardando lun" in visitor.page.text
    visitor.follow("Seguir con esa hora")
    assert visitor.press("Reservar", **TYPED).status == 200
    with centre.active():
        assert Appointment.objects.get().starts_at == monday


def test_two_forms_of_one_person_hold_two_hours(centre, monday):
    for hour in (0, 1):
        Visitor(centre).hold(monday + timedelta(hours=hour), practitioner=centre.ana)
    assert len(held(centre)) == 2


def test_one_client_address_holds_five_hours_at_most(centre, monday):
    for n in range(5):
        assert Visitor(centre).hold(monday + timedelta(minutes=30 * n), practitioner=centre.ana).status == 200
    sixth = Visitor(centre)
    page = sixth.hold(monday + timedelta(hours=5), practitioner=centre.ana)
    assert page.status == 429
    assert "ya se están guardando varias horas" in page.text
    assert (
        Visitor(centre, address="10.9.9.9").hold(monday + timedelta(hours=5), practitioner=centre.ana).status
        == 200
    )


def test_a_form_at_the_limit_may_still_change_its_mind(centre, monday):
    forms = [Visitor(centre) for _ in range(5)]
    for n, one in enumerate(forms):
        one.hold(monday + timedelta(minutes=30 * n), practitioner=centre.ana)
    forms[0].follow("Cambiar la hora")
    forms[0].open("", **{**forms[0].page.response.wsgi_request.GET.dict(), "dia": monday.date().isoformat()})
    assert forms[0].press("15:00").status == 200


def test_the_hold_becomes_the_visit_in_one_step(centre, visitor, monday):
    visitor.hold(monday, practitioner=centre.ana)
    visitor.press("Reservar", **TYPED)
    with centre.active():
        visit = Appointment.objects.get()
        assert (visit.starts_at, visit.practitioner_id, visit.origin) == (monday, centre.ana, "web")
        assert not Hold.objects.exists()
        assert Claim.objects.filter(appointment=visit).count() == 6
        assert Claim.objects.filter(hold__isnull=False).count() == 0


def expire(centre):
    with centre.active():
        Hold.objects.update(expires_at=now() - timedelta(seconds=1))


def test_an_hour_whose_hold_ran_out_is_booked_if_it_is_still_free(centre, visitor, monday):
    visitor.hold(monday, practitioner=centre.ana)
    expire(centre)
    assert "¡Hora reservada!" in visitor.press("Reservar", **TYPED).text


def test_an_hour_taken_meanwhile_is_said_and_the_nearest_three_keep_what_was_typed(centre, visitor, monday):
    visitor.hold(monday, practitioner=centre.ana)
    expire(centre)
    centre.book(monday)
    page = visitor.press("Reservar", **{**TYPED, "comment": "Vengo\ncon <b>muletas</b>"})
    assert page.status == 409
    assert "Esa hora se acaba de ocupar. No perdiste nada de lo escrito." in page.text
    assert [value[11:16] for value in visitor.times[:3]] == ["09:15", "09:30", "10:30"]
    page = visitor.press_value(visitor.times[2])
    assert page.status == 200
    assert page.forms[0].fields["given_name"] == "Rosa"
    assert page.forms[0].fields["privacy_accepted"] == "on"
    assert "Vengo con <b>muletas</b>" in page.text
    visitor.press("Reservar", comment="Vengo con muletas")
    with centre.active():
        made = Appointment.objects.get(origin="web")
        assert made.starts_at == monday + timedelta(minutes=30)
        assert made.contact_email == TYPED["email"]


def test_a_form_sent_twice_is_one_visit(centre, visitor, monday):
    visitor.hold(monday, practitioner=centre.ana)
    form_page = visitor.page
    visitor.press("Reservar", **TYPED)
    first = visitor.url
    visitor.page = form_page
    visitor.press("Reservar", **TYPED)
    assert visitor.url == first
    with centre.active():
        assert Appointment.objects.count() == 1


def test_a_form_sent_again_with_other_data_shows_nobody_the_first_visit(centre, visitor, monday):
    visitor.hold(monday, practitioner=centre.ana)
    form_page = visitor.page
    visitor.press("Reservar", **TYPED)
    visitor.page = form_page
    page = visitor.press("Reservar", **{**TYPED, "email": "otra@paciente.example"})
    assert page.status == 409
    assert "Ya reservaste esa hora, con otros datos." in page.text
    assert "se acaba de ocupar" not in page.text
    assert "/v/" not in visitor.url


def test_the_hour_itself_is_held_by_whoever_is_free_and_has_least_to_do(centre, visitor, monday):
    centre.book(monday + timedelta(hours=3), practitioner_id=centre.ana)
    visitor.hold(monday)
    assert "Beto Díaz" in visitor.page.text


@pytest.mark.parametrize(
    ("hour", "said"),
    [
        ("", 422),
        ("mañana", 422),
        ("2026-12-01", 422),
        ("2026-12-01T10:00:00", 422),
        ("2020-01-06T10:00:00-03:00", 422),
        ("2190-01-06T10:00:00-03:00", 422),
        ("{day}T10:07:00-03:00", 422),
        ("{day}T10:05:00-03:00", 422),
        ("{day}T03:00:00-03:00", 422),
        ("{day}T10:00:00.000001-03:00", 422),
        ("<script>", 422),
        ("=1+1", 422),
        ("9" * 4000, 422),
    ],
)
def test_an_hour_that_is_not_offered_is_refused_with_a_word_and_a_way_on(centre, visitor, monday, hour, said):
    visitor.to_times(monday.date())
    form = visitor.page.forms[0]
    page = visitor.post(form.action, {**form.fields, "inicio": hour.format(day=monday.date())})
    assert page.status == said
    assert "no se puede reservar" in page.text
    assert visitor.times or page.links
    assert held(centre) == []


@pytest.mark.parametrize("missing", ["sucursal", "servicio", "profesional"])
def test_a_choice_with_an_unknown_part_asks_again(centre, visitor, monday, missing):
    visitor.to_times(monday.date())
    form = visitor.page.forms[0]
    page = visitor.post(form.action, {**form.fields, missing: "999", "inicio": visitor.times[0]})
    assert page.status == 422
    assert "Elige de nuevo" in page.text


def test_the_same_instant_with_any_offset_is_the_same_hour(centre, visitor, monday):
    visitor.to_times(monday.date())
    form = visitor.page.forms[0]
    visitor.post(form.action, {**form.fields, "inicio": monday.isoformat()})
    assert held(centre) == [monday]


def test_an_hour_off_the_page_cannot_be_held_by_a_crafted_form_id(centre, visitor, monday):
    visitor.to_times(monday.date())
    form = visitor.page.forms[0]
    for bad in ("", "x", "../../etc", "'" * 30, "á" * 30):
        page = visitor.post(form.action, {**form.fields, "f": bad, "inicio": visitor.times[0]})
        assert page.status == 200
        visitor.to_times(monday.date())


def test_expired_holds_are_no_holds(centre, monday):
    with centre.active():
        asked = operations.OnlineBooking(
            branch_id=centre.branch,
            service_id=centre.consultation,
            practitioner_id=centre.ana,
            starts_at=monday,
            patient=PatientFields(),
        )
        operations.hold_online(asked, address_hash="a", form_id="f" * 24, at=now())
        later = now() + timedelta(minutes=10, seconds=1)
        assert operations.held_by("f" * 24, at=later) is None
        operations.hold_online(asked, address_hash="b", form_id="g" * 24, at=later)
        assert operations.held_by("g" * 24, at=later).starts_at == monday


def test_a_held_hour_is_409_for_the_interface_for_programs_too(centre, visitor, monday):
    visitor.hold(monday, practitioner=centre.ana)
    wanted = {
        "service": centre.consultation,
        "branch": centre.branch,
        "practitioner": centre.ana,
        "starts_at": monday.isoformat(),
        "patient": {
            "given_name": "Rosa",
            "paternal_surname": "Soto",
            "email": "rosa@paciente.example",
            "phone": "+56987654321",
        },
        "privacy_accepted": True,
    }
    address = f"/api/v1/public/{centre.slug}/appointments"
    answer = visitor.client.post(address, wanted, content_type="application/json")
    assert answer.status_code == 409
    with centre.active():
        assert not Appointment.objects.exists()


def test_a_form_sent_eight_times_at_once_is_one_visit(centre, visitor, monday):
    visitor.hold(monday, practitioner=centre.ana)
    form = visitor.page.forms[0]

    def send(_n):
        try:
            return Visitor(centre).client.post(form.action, {**form.fields, **TYPED})["Location"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as clients:
        places = set(clients.map(send, range(8)))
    assert len(places) == 1
    with centre.active():
        assert Appointment.objects.count() == 1


def test_many_forms_for_one_hour_at_once_leave_one_hold(centre, monday):
    forms = []
    for n in range(8):
        one = Visitor(centre, address=f"10.1.0.{n}")
        one.to_times(monday.date(), practitioner=centre.ana)
        forms.append((one, one.page.forms[0], next(value for value in one.times if "T10:00" in value)))

    def choose(one):
        visitor, form, value = one
        try:
            answer = visitor.client.post(
                form.action, {**form.fields, "inicio": value}, REMOTE_ADDR=visitor.address
            )
            return answer.status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as clients:
        answers = sorted(clients.map(choose, forms))
    assert answers == [303] + [409] * 7
    assert held(centre) == [monday]


def test_whoever_is_free_gives_the_hour_when_the_one_it_was_held_with_is_taken(centre, visitor, monday):
    visitor.hold(monday)
    with centre.active():
        who = Hold.objects.get().practitioner_id
    expire(centre)
    centre.book(monday, practitioner_id=who)
    assert visitor.press("Reservar", **TYPED).status == 200
    with centre.active():
        assert Appointment.objects.get(origin="web").practitioner_id != who


def test_a_form_sent_again_with_other_data_is_no_second_visit_with_somebody_else(centre, visitor, monday):
    visitor.hold(monday)
    form_page = visitor.page
    visitor.press("Reservar", **TYPED)
    visitor.page = form_page
    assert visitor.press("Reservar", **{**TYPED, "phone": "+56 9 1111 2222"}).status == 409
    with centre.active():
        assert Appointment.objects.count() == 1
