"""Blocks: what they close, what they are laid over, who may lay them."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from reservo.agenda import operations as agenda
from reservo.agenda.models import Block
from reservo.agenda.queries import grid
from reservo.catalog.models import Branch
from reservo.core import zones
from reservo.core.actor import Actor
from tests.agenda.conftest import taken_back
from tests.agenda.test_claims import book, online
from tests.cast import STAFF

DAY = date(2026, 12, 1)
NINE = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def cast(shared):
    with taken_back(shared):
        yield shared


def blocking(cast, kind="practitioner", **changes):
    place = {
        "practitioner": {"practitioner_id": cast.ana, "branch_id": cast.branch},
        "room": {"room_id": cast.room, "branch_id": cast.branch},
        "branch": {"branch_id": cast.branch},
        "centre": {},
    }[kind]
    wanted = {
        "title": "Reunión",
        "day": DAY,
        "minute": 540,
        "duration_minutes": 60,
        "zone": "America/Santiago",
    }
    return agenda.Blocking(**{**wanted, **place, **changes})


def shown(cast):
    return grid.blocks(grid.Range(Branch.objects.get(pk=cast.branch), DAY, DAY + timedelta(days=3)))


@pytest.mark.parametrize(
    ("kind", "closed"),
    [
        ("practitioner", {"ana"}),
        ("room", {"room"}),
        ("branch", {"ana", "beto", "room"}),
        ("centre", {"ana", "beto", "room"}),
    ],
)
def test_a_block_closes_what_it_names_and_nothing_else(cast, kind, closed):
    agenda.block(blocking(cast, kind), by=STAFF, at=AT)
    asked = {
        "ana": {"practitioner_id": cast.ana},
        "beto": {"practitioner_id": cast.beto},
        "room": {"practitioner_id": cast.beto, "service_ids": (cast.procedure,)},
    }
    for name, changes in asked.items():
        if name in closed:
            with pytest.raises(agenda.NotOffered):
                online(cast, **changes)
        elif name != "room":
            online(cast, **changes)


def test_staff_are_warned_of_a_block_and_may_go_on_by_right(cast):
    agenda.block(blocking(cast), by=STAFF, at=AT)
    with pytest.raises(agenda.OutsideRules) as refused:
        book(cast, outside_rules=False)
    assert refused.value.reasons == ["blocked"]
    assert book(cast).is_outside_rules


def test_a_repeated_block_keeps_its_wall_clock_and_is_taken_away_whole(cast):
    days = [date(2027, 3, 29) + timedelta(days=7 * n) for n in range(3)]  # over the change of 4 April
    made = agenda.block_repeated(blocking(cast), days, by=STAFF, at=AT)
    assert [zones.local(row.starts_at, row.zone).hour for row in made] == [9, 9, 9]
    assert made[0].starts_at.hour != made[2].starts_at.hour
    assert agenda.unblock(made[1].pk, by=STAFF, at=AT) == 1
    assert agenda.unblock(made[0].pk, whole_series=True, by=STAFF, at=AT) == 2
    assert not Block.objects.filter(removed_at=None).exists()


def test_a_block_taken_away_closes_nothing_and_is_put_back_as_it_went(cast):
    made = agenda.block_repeated(blocking(cast), [DAY, DAY + timedelta(days=1)], by=STAFF, at=AT)
    agenda.unblock(made[0].pk, by=STAFF, at=AT)
    agenda.unblock(made[1].pk, whole_series=True, by=STAFF, at=AT + timedelta(minutes=1))
    assert [block["id"] for block in shown(cast)] == []
    online(cast, practitioner_id=cast.ana)
    agenda.put_back(made[1].pk, by=STAFF, at=AT + timedelta(minutes=2))
    assert [block["id"] for block in shown(cast)] == [made[1].pk]
    agenda.put_back(made[0].pk, by=STAFF, at=AT + timedelta(minutes=2))
    assert [block["id"] for block in shown(cast)] == [made[0].pk, made[1].pk]


@pytest.mark.parametrize(
    ("by", "minutes"), [(Actor("staff", 2, "Otra Persona", "agenda"), 1), (STAFF, 11)], ids=["other", "late"]
)
def test_only_the_same_person_puts_a_block_back_and_within_ten_minutes(cast, by, minutes):
    made = agenda.block(blocking(cast), by=STAFF, at=AT)
    with pytest.raises(agenda.CannotUndo):
        agenda.put_back(made.pk, by=STAFF, at=AT)
    agenda.unblock(made.pk, by=STAFF, at=AT)
    with pytest.raises(agenda.CannotUndo):
        agenda.put_back(made.pk, by=by, at=AT + timedelta(minutes=minutes))
    assert shown(cast) == []


def test_taking_a_block_away_offers_to_put_it_back(centre):
    with centre.active():
        made = agenda.block(blocking(centre), by=STAFF, at=AT)
    client = centre.client("receptionist", hx_request="true")
    answer = client.post(centre.url(f"agenda/bloqueos/{made.pk}/quitar"))
    undo = json.loads(answer["HX-Trigger"])["toast"]["undo"]
    assert client.get(centre.url(f"agenda/bloqueos/{made.pk}")).status_code == 404
    assert client.post(centre.url(f"agenda/bloqueos/{made.pk}/quitar")).status_code == 404
    assert made.title in client.post(undo).content.decode()
    again = client.post(undo)
    assert (again.status_code, "ya no se puede deshacer" in again.content.decode().lower()) == (409, True)
    assert client.get(centre.url(f"agenda/bloqueos/{made.pk}")).status_code == 200


def test_visits_under_a_new_block_are_listed_and_stay(cast):
    under, beside, theirs = book(cast), book(cast, 60), book(cast, practitioner_id=cast.beto)
    gone = book(cast, 30)
    agenda.change_state(gone.pk, "suspended", by=STAFF, at=AT)
    one = agenda.block(blocking(cast), by=STAFF, at=AT)
    assert list(agenda.in_the_way([one])) == [under]
    whole = agenda.block(blocking(cast, "centre", duration_minutes=120), by=STAFF, at=AT)
    assert set(agenda.in_the_way([one, whole])) == {under, beside, theirs}
    many = agenda.block_repeated(
        blocking(cast), [DAY + timedelta(days=n) for n in range(200)], by=STAFF, at=AT
    )
    assert list(agenda.in_the_way(many)) == [under]


@pytest.mark.parametrize(
    "changes", [{"duration_minutes": 0}, {"duration_minutes": -5}, {"duration_minutes": 10**7}]
)
def test_a_block_without_length_or_longer_than_a_year_is_refused(cast, changes):
    with pytest.raises(agenda.BlockTooLong):
        agenda.block(blocking(cast, **changes), by=STAFF, at=AT)


def test_more_than_200_repetitions_are_refused(cast):
    days = [DAY + timedelta(days=n) for n in range(201)]
    with pytest.raises(agenda.BlockTooLong):
        agenda.block_repeated(blocking(cast), days, by=STAFF, at=AT)


def post(cast, role="receptionist", **changes):
    form = {
        "title": "Reunión",
        "scope": "practitioner",
        "practitioner": cast.ana,
        "room": "",
        "day": "2026-12-01",
        "starts": "09:00",
        "ends": "10:00",
        "last_day": "",
        "repeat": "",
    }
    return cast.client(role).post(cast.url("agenda/bloqueos/nuevo"), {**form, **changes})


def count(cast):
    with cast.active():
        return Block.objects.count()


def test_the_form_lists_what_is_in_the_way_and_offers_to_move_it(centre):
    made = centre.book(NINE)
    answer = post(centre)
    assert answer.status_code == 200
    assert f"/agenda/citas/{made.pk}/editar" in answer.content.decode()
    assert (count(centre), "agenda-changed" in answer["HX-Trigger"]) == (1, True)


def test_a_block_may_last_until_midnight(centre):
    assert post(centre, starts="22:00", ends="00:00").status_code == 200
    with centre.active():
        assert Block.objects.get().end_tick - Block.objects.get().first_tick == 24


@pytest.mark.parametrize(
    "changes",
    [
        {"title": ""},
        {"title": "x" * 121},
        {"ends": "09:00"},
        {"ends": "08:00"},
        {"ends": "10:02"},
        {"starts": "25:00"},
        {"day": "9999-12-31"},
        {"day": "0001-01-01"},
        {"day": "hoy"},
        {"scope": "planet"},
        {"scope": "room"},
        {"scope": "branch"},
        {"scope": "centre", "practitioner": "", "room": "1"},
        {"practitioner": "99"},
        {"practitioner": ""},
        {"repeat": "1"},
        {"repeat": "1", "last_day": "2026-11-30"},
        {"repeat": "1", "last_day": "2028-12-01"},
        {"repeat": "3", "last_day": "2026-12-30"},
    ],
)
def test_a_form_that_cannot_be_meant_is_shown_again_with_its_error(centre, changes):
    answer = post(centre, **changes)
    assert (answer.status_code, count(centre)) == (422, 0)
    assert 'class="error"' in answer.content.decode()


def test_who_blocks_only_their_own_time_blocks_nothing_else(centre):
    assert post(centre, "practitioner").status_code == 200
    for changes in (
        {"practitioner": centre.beto},
        {"scope": "room", "room": centre.room},
        {"scope": "centre", "practitioner": ""},
    ):
        assert post(centre, "practitioner", **changes).status_code == 403
    assert count(centre) == 1


def test_a_stranger_sees_no_block_and_takes_none_away(centre, other):
    with centre.active():
        made = agenda.block(blocking(centre), by=STAFF, at=AT)
    client = other.client("administrator")
    assert client.get(centre.url(f"agenda/bloqueos/{made.pk}")).status_code in (302, 404)
    assert client.post(centre.url(f"agenda/bloqueos/{made.pk}/quitar")).status_code in (302, 404)
    assert count(centre) == 1


def test_branch_of_a_block_must_exist(cast):
    with pytest.raises(agenda.UnknownObject):
        agenda.block(blocking(cast, branch_id=Branch.objects.count() + 50), by=STAFF, at=AT)
