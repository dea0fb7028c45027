"""A backup counts when it was read back and compared; a centre comes back from it whole, wherever it is put."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.conf import settings

from reservo import tenancy
from reservo.adapters import files
from reservo.agenda.models import Appointment
from reservo.booking import framing
from reservo.booking.models import BookingPage
from reservo.catalog.models import Centre
from reservo.catalog.operations.centre import save_centre
from reservo.core.clock import now
from reservo.fleet import rows
from reservo.fleet.backups import places, restoring, sources
from reservo.fleet.models import Backup
from reservo.patients.models import Patient
from reservo.tenancy import connections, directory
from reservo.tenancy.backends.guard import StaleEpoch
from reservo.tenancy.models import Placement
from tests.cast import STAFF, make_cast
from tests.fleet.backing_up import ENGINES, PAIRS, back_up, content, numbers, stores_of_each_kind

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def kinds(control, every_server, tmp_path_factory):
    return stores_of_each_kind(every_server, tmp_path_factory.mktemp("centres"))


@pytest.fixture
def two_places(tmp_path, monkeypatch):
    found = [tmp_path / "first", tmp_path / "second"]
    for place in found:
        place.mkdir()
    monkeypatch.setattr(settings, "RESERVO_BACKUP_PLACES", [str(place) for place in found])
    return found


@pytest.fixture
def cast_in(kinds, two_places, monkeypatch):
    def make(engine):
        monkeypatch.setenv("RESERVO_DEFAULT_STORE", kinds[engine])
        return make_cast()

    yield make
    connections.close_all()
    directory.forget()


@pytest.fixture(params=ENGINES)
def cast(request, cast_in):
    return cast_in(request.param)


def test_a_backup_is_read_back_compared_and_in_both_places(cast, monday, two_places):
    cast.book(monday)
    backup = back_up(cast.route)
    assert (backup.state, backup.error) == (Backup.State.DONE, "")
    assert backup.verdict.endswith("equal")
    assert backup.places == {str(place): "ok" for place in two_places}
    first, second = ((place / backup.key).read_bytes() for place in two_places)
    assert first == second
    assert b"paciente.example" not in first


def test_what_is_written_while_it_is_taken_is_wholly_in_it_or_not_at_all(cast, monday):
    over = threading.Event()

    def write():
        booked = 0
        while not over.is_set():
            cast.book(monday + timedelta(minutes=30 * booked), overbook=True)
            booked += 1
        connections.close_all()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        backup = back_up(cast.route)
    finally:
        over.set()
        writer.join(20)
    assert backup.state == Backup.State.DONE
    with sources.opened(sources.newest(cast.route.tenant_id)) as opened, tenancy.activate(opened.route):
        visits = list(Appointment.objects.order_by("number").values_list("number", flat=True))
        assert visits == list(range(1, len(visits) + 1))
    connections.close_all()


def test_restored_over_itself_it_is_as_it_was_and_the_newer_state_can_come_back(cast, monday):
    cast.book(monday)
    back_up(cast.route)
    then = content(cast.slug)
    cast.book(monday + timedelta(days=1))
    restoring.over_itself(cast.slug, sources.newest(cast.route.tenant_id), clock=now)
    assert numbers(cast.slug) == [1]
    assert differing(then[0], content(cast.slug)[0]) <= {"tenancy_counter", "notifications_delivery"}
    restoring.undo(cast.slug, clock=now)
    assert numbers(cast.slug) == [1, 2]


def differing(first, second):
    return {name for name in first if first[name] != second[name]}


def test_after_a_restore_numbers_go_on_where_they_were(cast, monday):
    back_up(cast.route)
    cast.book(monday)
    restoring.over_itself(cast.slug, sources.newest(cast.route.tenant_id), clock=now)
    cast.route = directory.find(cast.slug)
    visit = cast.book(monday)
    assert visit.number == 2


def test_what_the_control_plane_notes_of_a_centre_follows_the_data_that_came_back(cast):
    """Zone, language and the sites that may frame its page stand in the centre's data and, as a note, outside."""

    def noted():
        row = Placement.objects.get(slug=cast.slug)
        return row.zone, row.language, row.frame_sites

    back_up(cast.route)
    as_backed_up = noted()
    with cast.active(), tenancy.atomic():
        centre, page = Centre.objects.get(), BookingPage.objects.get()
        centre.zone, centre.language = "Europe/Madrid", "en"
        save_centre(centre, by=STAFF, at=now())
        page.frame_sites = ["https://clinica.example"]
        page.save()
        framing.tell_sites(page.frame_sites)
    changed = noted()
    assert changed == ("Europe/Madrid", "en", "https://clinica.example")
    restoring.over_itself(cast.slug, sources.newest(cast.route.tenant_id), clock=now)
    assert noted() == as_backed_up
    restoring.undo(cast.slug, clock=now)
    assert noted() == changed


def test_a_node_with_the_old_route_cannot_write_after_a_restore(cast, monday):
    back_up(cast.route)
    restoring.over_itself(cast.slug, sources.newest(cast.route.tenant_id), clock=now)
    with pytest.raises(StaleEpoch):
        cast.book(monday)


def test_restored_as_a_new_centre_it_waits_in_maintenance_beside_the_first(cast, monday):
    cast.book(monday)
    with cast.active():
        key = f"{cast.slug}/logo-1.png"
        files.current().write(key, b"a picture")
    back_up(cast.route)
    slug = f"{cast.slug}-copia"
    route = restoring.as_new(slug, sources.newest(cast.route.tenant_id), clock=now)
    assert (route.state, route.tenant_id == cast.route.tenant_id) == ("maintenance", False)
    assert differing(content(cast.slug)[0], content(slug)[0]) <= {"jobs_job"}
    assert files.current().read(f"{slug}/logo-1.png") == b"a picture"
    assert numbers(cast.slug) == numbers(slug) == [1]


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_it_can_be_restored_on_any_engine(cast_in, kinds, monday, source, target):
    cast = cast_in(source)
    cast.book(monday)
    back_up(cast.route)
    then = content(cast.slug)
    restoring.over_itself(cast.slug, sources.newest(cast.route.tenant_id), store=kinds[target], clock=now)
    assert directory.find(cast.slug).engine == target
    assert differing(then[0], content(cast.slug)[0]) == set()
    cast.route = directory.find(cast.slug)
    assert cast.book(monday + timedelta(days=1)).number == 2


def test_a_restore_gives_back_rows_that_were_deleted(cast, monday):
    with cast.active():
        before = rows.digest(Patient)
    back_up(cast.route)
    with cast.active(), tenancy.atomic():
        Patient.objects.all()._raw_delete("tenant")
    restoring.over_itself(cast.slug, sources.newest(cast.route.tenant_id), clock=now)
    with tenancy.activate(directory.find(cast.slug)):
        assert rows.digest(Patient) == before


def test_the_second_place_is_only_ever_added_to(two_places):
    second = places.every()[1]
    assert not hasattr(second, "delete")


def test_a_centre_whose_file_is_lost_comes_back(cast_in, monday):
    cast = cast_in("sqlite")
    cast.book(monday)
    back_up(cast.route)
    connections.close_all()
    placement = Placement.objects.select_related("store").get(slug=cast.slug)
    from reservo.tenancy import namespaces

    namespaces.remove(placement.route())
    restore = restoring.over_itself(cast.slug, sources.newest(cast.route.tenant_id), clock=now)
    assert numbers(cast.slug) == [1]
    assert "present_state" in restore.report
