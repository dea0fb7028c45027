"""The pure function of free times against a slow one that reads like the rule."""

from hypothesis import given, settings
from hypothesis import strategies as st

from reservo.agenda.openings import Frame, Person, Space, Visit, bits_of, openings, places

ORIGIN = 5_900_000
LENGTH = 60

ticks = st.integers(-20, LENGTH + 20).map(lambda tick: tick + ORIGIN)
runs = st.tuples(ticks, st.integers(1, 40)).map(lambda run: (run[0], run[0] + run[1]))
some_runs = st.lists(runs, max_size=3)
room_ids = st.integers(1, 3)
windows = st.lists(st.tuples(runs, st.none() | room_ids).map(lambda one: (*one[0], one[1])), max_size=4)
visits = st.builds(
    Visit, st.integers(1, 12), before=st.integers(0, 3), after=st.integers(0, 3), step=st.integers(1, 6)
)
people = st.lists(
    st.builds(Person, st.integers(1, 4), windows, some_runs), max_size=3, unique_by=lambda p: p.id
)
rooms = st.none() | st.lists(
    st.builds(Space, room_ids, st.none() | some_runs, some_runs), max_size=3, unique_by=lambda room: room.id
)
frames = st.builds(
    Frame,
    st.just(ORIGIN),
    st.integers(1, LENGTH).map(lambda length: ORIGIN + length),
    branch=st.none() | some_runs,
    closed=some_runs,
)


def covers(some, first, end):
    return all(any(low <= tick < high for low, high in some) for tick in range(first, end))


def meets(some, first, end):
    return any(low < end and high > first for low, high in some)


def works_in(room, frame, visit, start):
    taken = room.taken + frame.closed
    return not meets(taken, start - visit.before, start + visit.duration + visit.after) and (
        room.open is None or covers(room.open, start, start + visit.duration)
    )


def rooms_for(frame, visit, person, spaces, start):
    """Every room (0: none needed) in which this person can begin at this tick."""
    end = start + visit.duration
    if meets(person.taken + frame.closed, start - visit.before, end + visit.after):
        return set()
    if frame.branch is not None and not covers(frame.branch, start, end):
        return set()
    loose = [(low, high) for low, high, room in person.windows if room is None]
    found = set()
    for low, high, named in person.windows:
        if not (low <= start < high and (start - low) % visit.step == 0):
            continue
        if named is None and covers(loose, start, end):
            free = {room.id for room in spaces or () if works_in(room, frame, visit, start)}
            found |= {0} if spaces is None else free
        elif named is not None and end <= high:
            found |= {r.id for r in spaces or () if r.id == named and works_in(r, frame, visit, start)}
    return found


@settings(max_examples=300, deadline=None)
@given(frames, visits, people, rooms)
def test_a_start_is_offered_exactly_when_hours_rooms_steps_and_what_is_taken_allow_it(
    frame, visit, who, spaces
):
    expected = {
        person.id: [
            start - frame.first
            for start in range(frame.first, frame.end)
            if rooms_for(frame, visit, person, spaces, start)
        ]
        for person in who
    }
    found = openings(frame, visit, who, spaces)
    assert {pk: bits_of(mask) for pk, mask in found.items()} == expected


@settings(max_examples=100, deadline=None)
@given(frames, visits, people, rooms, st.integers(-2, LENGTH + 2))
def test_the_place_of_a_start_is_a_room_that_fits_it(frame, visit, who, spaces, at):
    start = frame.first + at
    offered = openings(frame, visit, who, spaces)
    found = places(frame, visit, who, spaces, start)
    assert set(found) == {pk for pk, mask in offered.items() if at >= 0 and mask >> at & 1}
    for person in who:
        if person.id in found:
            assert (found[person.id] or 0) in rooms_for(frame, visit, person, spaces, start)


def test_times_begin_at_each_window_and_follow_the_step():
    frame = Frame(ORIGIN, ORIGIN + 60)
    person = Person(1, [(ORIGIN + 1, ORIGIN + 14, None), (ORIGIN + 20, ORIGIN + 32, None)])
    found = openings(frame, Visit(6, step=3), [person], None)
    assert bits_of(found[1]) == [1, 4, 7, 20, 23, 26]


def test_back_to_back_is_offered_and_buffers_keep_their_distance():
    frame = Frame(ORIGIN, ORIGIN + 24)
    person = Person(1, [(ORIGIN, ORIGIN + 24, None)], [(ORIGIN + 6, ORIGIN + 12)])
    assert bits_of(openings(frame, Visit(6, step=6), [person], None)[1]) == [0, 12, 18]
    assert bits_of(openings(frame, Visit(6, after=2, step=6), [person], None)[1]) == [12, 18]
    assert bits_of(openings(frame, Visit(6, before=2, step=6), [person], None)[1]) == [0, 18]
