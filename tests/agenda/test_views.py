"""The agenda's addresses: what staff do through them, and what is refused with a word of why."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from reservo.agenda import operations as agenda
from reservo.agenda.models import Appointment, AppointmentChange
from reservo.catalog.models import Centre, Room, Service
from reservo.patients.models import Patient
from reservo.staff.models import RoleRight
from tests.cast import STAFF

pytestmark = pytest.mark.usefixtures("late_november")
NINE = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
HUGE = "9" * 40
SCRIPT = '<script>alert("x")</script>=1+1|\u202e'


def form(cast, **changes):
    wanted = {
        "day": "2026-12-01",
        "time": "09:00",
        "minutes": "",
        "practitioner": cast.ana,
        "room": "",
        "patient": cast.patient,
        "services": cast.consultation,
        "comment": "",
    }
    return {name: value for name, value in {**wanted, **changes}.items() if value is not None}


def create(cast, role="receptionist", **changes):
    return cast.client(role).post(cast.url("agenda/nueva"), form(cast, **changes))


def edit(cast, made, role="receptionist", **changes):
    given = form(cast, **{"version": made.version, **changes})
    return cast.client(role).post(cast.url(f"agenda/citas/{made.pk}/editar"), given)


def move(cast, made, role="receptionist", **given):
    given = {"start": "2026-12-01T11:00:00", "version": made.version, **given}
    given = {name: value for name, value in given.items() if value is not None}
    return cast.client(role).post(cast.url(f"agenda/citas/{made.pk}/mover"), given)


def state(cast, made, to, role="receptionist", **given):
    given = {"state": to, "version": made.version, **given}
    return cast.client(role).post(cast.url(f"agenda/citas/{made.pk}/estado"), given)


def kept(cast):
    with cast.active():
        return list(Appointment.objects.order_by("pk").values())


def name_of(cast, made):
    with cast.active():
        return Patient.objects.get(pk=made.patient_id).full_name


def read(cast, made):
    with cast.active():
        return Appointment.objects.get(pk=made.pk)


def test_two_things_make_a_visit_and_the_page_offers_to_take_it_back(centre):
    answer = create(centre)
    assert answer.status_code == 200
    said = json.loads(answer["HX-Trigger"])
    assert centre.client("receptionist").post(said["toast"]["undo"]).status_code == 200
    assert [row["state"] for row in kept(centre)] == ["deleted"]


@pytest.mark.parametrize(
    "given",
    [{"patient": "", "patient_typed": "Muñ"}, {"patient": "", "services": None}],
    ids=["typed and not chosen", "nobody for nothing"],
)
def test_a_visit_without_the_person_it_was_meant_for_is_not_made(centre, given):
    answer = create(centre, **given)
    assert (answer.status_code, kept(centre)) == (422, [])
    html = answer.content.decode()
    assert "field who-box wrong" in html
    assert given.get("patient_typed", "") in html


def test_a_name_typed_before_choosing_or_making_somebody_is_no_error(centre):
    assert create(centre, patient_typed="Muñ").status_code == 200
    new = {"patient": "", "new_given_name": "Rocío", "time": "11:00", "patient_typed": "Roc"}
    assert create(centre, **new).status_code == 200


def test_the_side_panel_opened_by_its_own_address_is_a_page(centre):
    made = centre.book(NINE)
    for path in (f"agenda/citas/{made.pk}", f"agenda/citas/{made.pk}/editar", "agenda/nueva"):
        page = centre.client("receptionist").get(centre.url(path)).content.decode()
        assert "<html" in page
        assert 'id="panel"' in page
        piece = centre.client("receptionist", hx_request="true").get(centre.url(path)).content.decode()
        assert "<html" not in piece


def test_a_visit_asked_for_alone_brings_its_day_and_branch(centre, other):
    made = centre.book(NINE)
    client = centre.client("receptionist")
    answer = client.get(centre.url(f"agenda/?cita={made.pk}"))
    assert answer["Location"] == centre.url(f"agenda/?dia=2026-12-01&sucursal={centre.branch}&cita={made.pk}")
    assert client.get(answer["Location"]).status_code == 200
    for unknown in (HUGE, "x", made.pk + 1):
        assert client.get(centre.url(f"agenda/?cita={unknown}")).status_code == 200
    theirs = centre.book(NINE, practitioner_id=centre.beto)
    assert centre.client("practitioner").get(centre.url(f"agenda/?cita={theirs.pk}")).status_code == 200


def test_the_search_tells_namesakes_apart_by_document_and_phone(centre):
    found = centre.client("receptionist").get(centre.url("agenda/buscar?q=munoz")).json()["results"]
    assert found[0]["detail"] == "12.345.678-5 · +56 9 6123 4567"


def test_a_visit_is_booked_from_the_patient_s_file_by_those_who_may(centre):
    link = f'href="{centre.url("agenda/")}?paciente={centre.patient}"'
    file = centre.url(f"pacientes/{centre.patient}/")
    assert link in centre.client("receptionist").get(file).content.decode()
    page = centre.client("receptionist").get(centre.url(f"agenda/?paciente={centre.patient}"))
    assert f'"bookFor": {centre.patient}' in page.content.decode()
    with centre.active():
        RoleRight.objects.filter(right="agenda.edit").delete()
    assert link not in centre.client("receptionist").get(file).content.decode()


def test_the_centre_s_word_is_said_of_those_it_looks_after(centre):
    with centre.active():
        Centre.objects.update(patient_word="clienta")
    made = centre.book(NINE, patient_id=None)
    clash = [
        centre.book(NINE + timedelta(hours=1)),
        centre.book(NINE + timedelta(hours=1), practitioner_id=centre.beto),
    ]
    client = centre.client("receptionist")
    pages = {
        f"agenda/citas/{made.pk}": "Sin clienta",
        f"agenda/citas/{clash[0].pk}": "La clienta tiene otra cita a esa hora",
        f"agenda/citas/{made.pk}/editar": "Avisar a la clienta si cambia la hora",
        "agenda/lista?dia=2026-12-01": "Sin clienta",
        "agenda/": "¿Avisar a la clienta?",
    }
    for path, said in pages.items():
        html = client.get(centre.url(path)).content.decode()
        assert said in html or json.dumps(said)[1:-1] in html
        assert not re.search(r"(Sin|[Aa]l|[Ee]l) paciente", html)


def test_a_patient_is_made_in_place_and_not_kept_if_the_time_is_refused(centre):
    centre.book(NINE)
    new = {"patient": "", "new_given_name": "Rocío", "new_paternal_surname": "Núñez"}
    with centre.active():
        before = Patient.objects.count()
    assert create(centre, **new).status_code == 409
    with centre.active():
        assert Patient.objects.count() == before
    answer = create(centre, **new, overbook="on")
    assert answer.status_code == 200
    with centre.active():
        assert Patient.objects.count() == before + 1


def test_somebody_made_in_place_who_has_a_file_already_is_told_of_before_a_second_is_made(centre):
    new = {"patient": "", "new_given_name": "Rocío", "new_phone": "+56 9 1234 5678"}
    assert create(centre, **new).status_code == 200
    again = {**new, "new_given_name": "Rosa", "time": "11:00"}
    told = create(centre, **again)
    page = told.content.decode()
    assert (told.status_code, "Rocío" in page, 'value="Rosa"' in page, len(kept(centre))) == (
        409,
        True,
        True,
        1,
    )
    assert 'name="another_person"' in page
    assert create(centre, **again, another_person="on").status_code == 200
    assert len(kept(centre)) == 2


def test_the_file_that_is_there_already_is_taken_with_one_press(centre):
    new = {"patient": "", "new_given_name": "Rocío", "new_phone": "+56 9 1234 5678"}
    assert create(centre, **new).status_code == 200
    again = {**new, "new_given_name": "Rosa", "time": "11:00"}
    told = create(centre, **again).content.decode()
    with centre.active():
        rocio = Patient.objects.get(given_name="Rocío")
        before = Patient.objects.count()
    assert f'{{"known": "{rocio.pk}"}}' in told
    assert create(centre, **again, known=rocio.pk).status_code == 200
    with centre.active():
        assert Patient.objects.count() == before
        assert Appointment.objects.filter(patient=rocio).count() == 2


def test_a_known_file_stays_chosen_when_the_hour_is_refused(centre):
    centre.book(NINE)
    refused = create(centre, patient="", new_given_name="Rosita", known=centre.patient)
    page = refused.content.decode()
    chosen = f'name="patient" value="{centre.patient}"'
    assert (refused.status_code, chosen in page, "Rosita" in page) == (409, True, False)


def test_a_new_patient_who_is_wrong_is_told_at_the_field(centre):
    new = {"patient": "", "new_given_name": "Rocío", "new_national_id": "12.345.678-9", "new_email": "@"}
    answer = create(centre, **new)
    assert (answer.status_code, kept(centre)) == (422, [])
    assert answer.content.decode().count('class="error"') >= 2


def test_a_taken_time_is_offered_as_overbooking_to_those_who_may(centre):
    centre.book(NINE)
    told = create(centre).content.decode()
    assert 'name="overbook"' in told
    assert 'name="overbook"' not in create(centre, "practitioner").content.decode()
    assert create(centre, "practitioner", overbook="on").status_code == 409
    assert create(centre, overbook="on").status_code == 200


EIGHT_AT_NIGHT = datetime(2026, 12, 1, 23, 0, tzinfo=UTC)
BOTH = {"outside_rules": "on", "overbook": "on"}


def ticks(answer):
    """The ticks that an answer offers, and those that it keeps."""
    offered = re.findall(
        r'<input type="(checkbox|hidden)" name="(outside_rules|overbook|another_person)"', answer
    )
    return [[name for kind, name in offered if kind == one] for one in ("checkbox", "hidden")]


def test_all_that_is_in_the_way_of_a_new_visit_is_said_at_once_each_with_its_tick(centre):
    other = centre.book(EIGHT_AT_NIGHT)
    refused = create(centre, "administrator", time="20:00")
    page = refused.content.decode()
    assert (refused.status_code, ticks(page)) == (409, [["outside_rules", "overbook"], []])
    assert "no atiende a esa hora" in page
    assert f"Esa hora ya está tomada: 20:00–20:30 {name_of(centre, other)}." in page
    assert len(kept(centre)) == 1
    assert create(centre, "administrator", time="20:00", **BOTH).status_code == 200


def test_a_tick_given_is_kept_when_only_the_other_is_still_asked_for(centre):
    centre.book(EIGHT_AT_NIGHT)
    page = create(centre, "administrator", time="20:00", outside_rules="on").content.decode()
    assert ticks(page) == [["overbook"], ["outside_rules"]]


def test_who_may_leave_the_rules_but_not_overbook_is_told_of_both_and_given_the_one_tick(centre):
    centre.book(EIGHT_AT_NIGHT)
    with centre.active():
        RoleRight.objects.filter(role__builtin="administrator", right="agenda.overbook").delete()
    page = create(centre, "administrator", time="20:00").content.decode()
    assert (ticks(page), "ya está tomada" in page) == ([["outside_rules"], []], True)


def test_a_file_that_is_there_already_is_said_together_with_what_the_place_refuses(centre):
    centre.book(EIGHT_AT_NIGHT)
    new = {"patient": "", "new_given_name": "Rocío", "new_phone": "+56 9 1234 5678"}
    create(centre, **new)
    new |= {"new_given_name": "Rosa", "time": "20:00"}
    page = create(centre, "administrator", **new).content.decode()
    assert ticks(page) == [["another_person", "outside_rules", "overbook"], []]
    assert create(centre, "administrator", **new, **BOTH, another_person="on").status_code == 200


def test_all_that_is_in_the_way_of_a_changed_visit_is_said_at_once(centre):
    centre.book(EIGHT_AT_NIGHT)
    made = centre.book(NINE)
    refused = edit(centre, made, "administrator", time="20:00")
    assert (refused.status_code, ticks(refused.content.decode())) == (
        409,
        [["outside_rules", "overbook"], []],
    )
    assert read(centre, made).version == 1
    assert edit(centre, made, "administrator", time="20:00", **BOTH).status_code == 200


def test_all_that_is_in_the_way_of_a_drag_is_said_at_once(centre):
    centre.book(EIGHT_AT_NIGHT)
    made = centre.book(NINE)
    told = move(centre, made, "administrator", start="2026-12-01T20:00:00").json()
    assert told["leaves"] == ["outside_rules", "overbook"]
    assert [len(told["reasons"]), told["label"]] == [2, "Agendar igual, con sobrecupo"]
    moved = move(centre, made, "administrator", start="2026-12-01T20:00:00", overbook="1", outside_rules="1")
    assert moved.json()["version"] == 2


def test_a_suspended_visit_is_taken_up_again_with_one_press_where_a_right_allows_it(centre):
    made = centre.book(EIGHT_AT_NIGHT)
    state(centre, made, "suspended")
    centre.book(EIGHT_AT_NIGHT)
    made = read(centre, made)
    told = state(centre, made, "not_confirmed", "practitioner").content.decode()
    assert ("ya está tomada" in told, 'name="overbook"' in told) == (True, False)
    told = state(centre, made, "not_confirmed", "administrator").content.decode()
    assert ('name="overbook" value="1"' in told, 'name="outside_rules" value="1"' in told) == (True, True)
    again = state(centre, made, "not_confirmed", "administrator", overbook="1", outside_rules="1")
    assert (again.status_code, read(centre, made).state) == (200, "not_confirmed")


@pytest.mark.parametrize(
    "changes",
    [
        {"day": ""},
        {"day": "9999-12-31"},
        {"day": "0001-01-01"},
        {"day": "2026-02-30"},
        {"time": "25:00"},
        {"time": "09:03"},
        {"time": "09:00:30"},
        {"minutes": "7"},
        {"minutes": "-30"},
        {"minutes": "0"},
        {"minutes": "1e9"},
        {"minutes": HUGE},
        {"practitioner": 99},
        {"practitioner": HUGE},
        {"practitioner": "'; --"},
        {"room": 99},
        {"patient": 999},
        {"patient": HUGE},
        {"patient": "²"},
        {"patient": "-1"},
        {"services": 99},
        {"services": SCRIPT},
        {"comment": "x" * 2_001},
        {"day": "2026-09-06", "time": "00:15"},  # does not exist in Santiago
        {"day": "2027-09-05", "time": "00:00"},
        {"patient": "", "new_given_name": "x" * 81},
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_kept(centre, changes):
    answer = create(centre, **changes, overbook="on", outside_rules="on")
    assert answer.status_code in (409, 422)
    assert 'class="error"' in answer.content.decode() or 'role="alert"' in answer.content.decode()
    assert kept(centre) == []


def test_html_and_formulas_are_kept_as_text_and_shown_as_text(centre):
    assert create(centre, comment=SCRIPT).status_code == 200
    made = kept(centre)[0]
    page = centre.client("receptionist").get(centre.url(f"agenda/citas/{made['id']}")).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_control_characters_are_taken_out_of_what_is_typed(centre):
    create(centre, comment="a\x00\x07b\x1b[31m\u202ec")
    made = centre.book(NINE + timedelta(hours=1))
    state(centre, made, "no_show")
    state(centre, read(centre, made), "attended", "administrator", reason="vi\x07no")
    assert kept(centre)[0]["comment"].isprintable()
    with centre.active():
        assert AppointmentChange.objects.last().reason == "vino"


def test_letters_that_are_two_once_normalised_are_cut_in_a_reason_and_refused_in_a_comment(centre):
    grown = "\u0958" * 190
    made = centre.book(NINE + timedelta(hours=1))
    state(centre, made, "no_show")
    state(centre, read(centre, made), "attended", "administrator", reason=grown)
    with centre.active():
        assert len(AppointmentChange.objects.last().reason) == 200
    assert create(centre, comment="\u0958" * 1_990).status_code == 422


def test_ten_megabytes_are_refused(centre):
    assert create(centre, comment="x" * 10_000_000).status_code in (400, 413, 422)
    assert kept(centre) == []


def test_a_stale_form_is_told_who_was_faster_and_keeps_what_was_typed(centre):
    made = centre.book(NINE)
    assert edit(centre, made, comment="primera").status_code == 200
    answer = edit(centre, made, comment="segunda")
    page = answer.content.decode()
    assert (answer.status_code, read(centre, made).comment) == (409, "primera")
    assert "segunda" in page
    assert "Receptionist" in page
    assert "<li>Comentario: primera</li>" in page
    assert page.count("<li>") == 1
    again = edit(centre, made, comment="segunda", version=re.search(r'name="version" value="(\d+)"', page)[1])
    assert (again.status_code, read(centre, made).comment) == (200, "segunda")


@pytest.mark.parametrize("version", [None, "", "x", "0", HUGE])
def test_a_change_that_does_not_say_what_it_saw_is_refused(centre, version):
    made = centre.book(NINE)
    assert edit(centre, made, version=version, comment="x").status_code in (409, 422)
    assert move(centre, made, version=version).status_code == 409
    if version is not None:
        assert state(centre, made, "confirmed", version=version).status_code == 409
    assert read(centre, made).version == 1


def test_dragging_moves_and_pulling_resizes(centre):
    made = centre.book(NINE)
    answer = move(centre, made, practitioner=centre.beto)
    moved = read(centre, made)
    assert answer.json()["version"] == moved.version == 2
    assert (moved.local_minute, moved.practitioner_id, moved.duration_minutes) == (660, centre.beto, 30)
    move(centre, moved, end="2026-12-01T12:15:00")
    assert read(centre, made).duration_minutes == 75


def test_what_is_in_the_way_is_named_before_it_is_asked_whether_to_tell_and_nothing_is_written(centre):
    made, other = centre.book(NINE), centre.book(NINE + timedelta(hours=2))
    refused = move(centre, made, tell="ask")
    assert (refused.status_code, refused.json()["leaves"]) == (409, ["overbook"])
    assert f"11:00–11:30 {name_of(centre, other)}" in refused.json()["message"]
    asked = move(centre, made, tell="ask", overbook="1")
    assert (asked.json(), read(centre, made).version) == ({"ask": "tell"}, 1)
    assert move(centre, made, tell="", overbook="1").json()["version"] == 2


def test_whoever_cannot_be_written_to_is_not_asked_about(centre):
    made = centre.book(NINE)
    with centre.active():
        Patient.objects.update(email="")
    assert move(centre, made, tell="ask").json()["version"] == 2


def test_a_room_and_a_buffer_in_the_way_are_told_as_such(centre):
    with centre.active():
        Service.objects.filter(pk=centre.consultation).update(buffer_after_minutes=10)
    made = centre.book(NINE, room_id=centre.room)
    centre.book(NINE + timedelta(hours=2), practitioner_id=centre.beto, room_id=centre.room)
    by_room = move(centre, made, room=centre.room).json()["message"]
    centre.book(NINE + timedelta(hours=3))
    by_buffer = move(centre, made, start="2026-12-01T11:30:00").json()["message"]
    assert ("está ocupado a esa hora: 11:00–11:30" in by_room, "12:00–12:30" in by_buffer) == (True, True)
    assert "preparación o limpieza" in by_buffer


def test_the_name_of_a_visit_that_is_not_theirs_is_kept_from_a_practitioner(centre):
    made = centre.book(NINE, room_id=centre.room)
    other = centre.book(NINE + timedelta(hours=2), practitioner_id=centre.beto, room_id=centre.room)
    told = move(centre, made, "practitioner", room=centre.room).json()["message"]
    assert told == "Esa hora ya está tomada."
    assert name_of(centre, other) not in told


def test_a_room_that_nobody_touched_makes_way_for_a_free_one(centre):
    with centre.active():
        second = Room.objects.create(branch_id=centre.branch, name="Box 2", kind_id=centre.kind).pk
    made = centre.book(NINE, service_ids=(centre.procedure,))
    centre.book(NINE + timedelta(hours=2), practitioner_id=centre.beto, room_id=centre.room)
    what = {"services": centre.procedure, "room": centre.room}

    def room_after(time, **changes):
        answer = edit(centre, made, **{**what, "time": time, **changes})
        assert answer.status_code == 200, answer.content.decode()
        made.refresh_from_db()
        return made.room_id

    with centre.active():
        made.refresh_from_db()
        assert made.room_id == centre.room
        assert room_after("09:15") == centre.room
        assert room_after("11:00") == second
        assert room_after("16:00", room=second) == second
        assert edit(centre, made, **{**what, "time": "11:00"}).status_code == 409


def test_a_patient_with_two_visits_at_once_is_a_warning(centre):
    made, other = centre.book(NINE), centre.book(NINE + timedelta(hours=2), practitioner_id=centre.beto)
    answer = move(centre, made)
    assert (answer.status_code, f"#{other.number}" in answer.json()["warning"]) == (200, True)
    page = centre.client("receptionist").get(centre.url(f"agenda/citas/{made.pk}")).content.decode()
    assert f"#{other.number}" in page


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"start": ""}, "bad_time"),
        ({"start": "ayer"}, "bad_time"),
        ({"start": None}, "bad_time"),
        ({"start": "2026-12-01T11:03:00"}, "off_step"),
        ({"start": "9999-12-31T23:59:00"}, "too_far"),
        ({"start": "1970-01-01T00:00:00"}, "too_far"),
        ({"start": "2027-09-05T00:30:00"}, "gap"),
        ({"end": "2026-12-01T11:00:00"}, "bad_duration"),
        ({"end": "2026-12-01T10:00:00"}, "bad_duration"),
        ({"end": "2026-12-03T10:00:00"}, "bad_duration"),
        ({"end": "x"}, "bad_time"),
        ({"practitioner": "99"}, "unknown"),
        ({"room": "99"}, "unknown"),
    ],
)
def test_a_drag_to_where_no_visit_can_be_is_refused(centre, given, code):
    made = centre.book(NINE)
    answer = move(centre, made, **given)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert answer.json()["message"]
    assert read(centre, made).version == 1


def test_a_practitioner_moves_only_their_own_and_not_to_others(centre):
    mine, theirs = centre.book(NINE), centre.book(NINE, practitioner_id=centre.beto)
    assert move(centre, theirs, "practitioner").status_code == 404
    assert move(centre, mine, "practitioner", practitioner=centre.beto).status_code == 403
    assert move(centre, mine, "practitioner").status_code == 200


def test_a_missed_visit_is_corrected_only_by_right_and_with_a_reason(centre):
    made = centre.book(NINE)
    assert state(centre, made, "no_show").status_code == 200
    made = read(centre, made)
    assert state(centre, made, "attended", reason="vino").status_code == 403
    assert state(centre, made, "attended", "administrator").status_code == 422
    assert state(centre, made, "attended", "administrator", reason="vino").status_code == 200
    with centre.active():
        assert AppointmentChange.objects.last().reason == "vino"


@pytest.mark.parametrize("to", ["", "dead", HUGE, SCRIPT, "no_show\x00"])
def test_an_unknown_state_is_refused(centre, to):
    made = centre.book(NINE)
    assert state(centre, made, to).status_code in (403, 422)
    assert read(centre, made).state == "not_confirmed"


def test_a_change_the_table_does_not_have_is_told_in_words(centre):
    made = centre.book(NINE)
    state(centre, made, "attended")
    answer = state(centre, read(centre, made), "confirmed")
    assert (answer.status_code, 'role="alert"' in answer.content.decode()) == (409, True)


@pytest.mark.parametrize("path", ["", "/editar", "/estado", "/mover"])
@pytest.mark.parametrize("number", ["0", "99", HUGE, "-1", "x", "1%00"])
def test_a_visit_that_is_not_there_is_404(centre, path, number):
    client = centre.client("receptionist")
    address = centre.url(f"agenda/citas/{number}{path}")
    assert (client.get(address) if path in ("", "/editar") else client.post(address)).status_code == 404


def test_a_stranger_finds_nothing_of_the_centre(centre, other):
    made = centre.book(NINE)
    with centre.active():
        change = AppointmentChange.objects.get().pk
    client = other.client("administrator")
    for path in ("", f"citas/{made.pk}", "datos", "dias", "buscar?q=jose", "lista", "nueva"):
        assert client.get(centre.url(f"agenda/{path}")).status_code in (302, 404)
    for path in (f"citas/{made.pk}/estado", f"citas/{made.pk}/mover", f"cambios/{change}/deshacer"):
        assert client.post(centre.url(f"agenda/{path}")).status_code in (302, 404)
    assert read(centre, made).version == 1


def test_undo_is_for_ones_own_last_change(centre):
    made = centre.book(NINE)
    said = json.loads(state(centre, made, "confirmed")["HX-Trigger"])
    undo = said["toast"]["undo"]
    assert centre.client("administrator").post(undo).status_code == 409
    assert centre.client("receptionist").post(undo).status_code == 200
    assert centre.client("receptionist").post(undo).status_code == 409
    assert read(centre, made).state == "not_confirmed"
    for number in ("99", HUGE):
        address = centre.url(f"agenda/cambios/{number}/deshacer")
        assert centre.client("receptionist").post(address).status_code == 404


@pytest.mark.parametrize(
    "typed", ["jose munoz", "JOSÉ MUÑOZ", "perez jose", "12345678-5", "12.345.678", "961234567"]
)
def test_a_patient_is_found_whatever_accents_and_dots_are_typed(centre, typed):
    address = centre.url("pacientes/sugerencias")
    from django.urls import reverse, set_urlconf

    set_urlconf("reservo.config.urls_tenant")
    address = centre.url(reverse("patients:suggestions").lstrip("/"))
    set_urlconf(None)
    found = centre.client("receptionist").get(address, {"q": typed}).json()["patients"]
    assert [one["id"] for one in found] == [centre.patient]


@pytest.mark.parametrize("typed", ["", "j", "%", "_", "\x00\x00", "x" * 10_000, "#" + HUGE, SCRIPT, "²²²"])
def test_searching_for_nonsense_finds_nothing(centre, typed):
    centre.book(NINE)
    answer = centre.client("receptionist").get(centre.url("agenda/buscar"), {"q": typed})
    assert (answer.status_code, answer.json()["results"]) == (200, [])


def test_the_search_finds_a_visit_by_its_number(centre):
    made = centre.book(NINE)
    answer = centre.client("receptionist").get(centre.url("agenda/buscar"), {"q": f"#{made.number}"}).json()
    assert any(f"cita={made.pk}" in one["url"] for one in answer["results"])


@pytest.mark.parametrize(
    "query",
    ["dia=9999-12-31", "dia=0001-01-01", "dia=x", "vista=mes", "sucursal=99", "box=99", f"cita={HUGE}"],
)
@pytest.mark.parametrize("path", ["agenda/", "agenda/lista"])
def test_a_page_asked_for_nonsense_shows_today(centre, path, query):
    assert centre.client("receptionist").get(centre.url(f"{path}?{query}")).status_code == 200


@pytest.mark.parametrize(
    "query", ["dia=9999-99-99&hora=99:99", "minutos=" + HUGE, "profesional=²", "paciente=-1"]
)
@pytest.mark.parametrize("path", ["agenda/nueva", "agenda/bloqueos/nuevo"])
def test_a_form_asked_for_with_nonsense_is_still_a_form(centre, path, query):
    assert centre.client("receptionist").get(centre.url(f"{path}?{query}")).status_code == 200


def test_closing_hours_and_holds_are_said_to_staff(centre):
    with centre.active():
        wanted = agenda.Booking(
            branch_id=centre.branch,
            service_ids=(centre.consultation,),
            practitioner_id=centre.ana,
            starts_at=NINE,
            rules="online",
        )
        from reservo.core.clock import now

        agenda.hold(wanted, minutes=10, address_hash="a", at=now())
    answer = create(centre, overbook="on")
    assert (answer.status_code, "hasta las" in answer.content.decode()) == (409, True)


@pytest.mark.parametrize("count", [1, 3])
def test_the_panel_and_the_list_take_the_same_queries_with_more_visits(centre, count):
    from django.db import connections
    from django.test.utils import CaptureQueriesContext

    from reservo.tenancy.context import TENANT_ALIAS

    made = [centre.book(NINE + timedelta(minutes=30 * n)) for n in range(count)]
    with centre.active():
        agenda.change_state(made[0].pk, "confirmed", by=STAFF, at=NINE)
        connection = connections[TENANT_ALIAS]
    client = centre.client("receptionist", hx_request="true")
    client.get(centre.url("agenda/"))
    for path, most in ((f"agenda/citas/{made[0].pk}", 26), ("agenda/lista?dia=2026-12-01", 20)):
        with CaptureQueriesContext(connection) as seen:
            assert client.get(centre.url(path)).status_code == 200
        assert 3 < len(seen) <= most, len(seen)


def test_another_visit_like_an_earlier_one_keeps_who_and_what_and_is_not_in_the_past(centre):
    over = centre.book(NINE - timedelta(days=14))
    shown = centre.client("receptionist").get(centre.url(f"agenda/nueva?otra={over.pk}")).content.decode()
    assert f'name="patient" value="{centre.patient}"' in shown
    assert re.search(
        rf'value="{centre.consultation}"[^>]*selected|selected[^>]*value="{centre.consultation}"', shown
    )
    day = re.search(r'name="day" value="([^"]*)"', shown)[1]
    assert day > over.local_date.isoformat()
    assert centre.client("receptionist").get(centre.url("agenda/nueva?otra=999999")).status_code == 404
