"""The trail: every action in it, in words, newest first, for those who may read it."""

import ast
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from reservo import tenancy
from reservo.agenda import operations as agenda
from reservo.audit import trail
from reservo.audit.models import Action
from reservo.audit.operations import record
from reservo.audit.trail import Line, Search
from reservo.catalog.models import Practitioner, Room
from reservo.core.clock import now
from reservo.staff.trail import DEEDS, line_of, things
from tests.cast import STAFF

SOURCES = Path(__file__).parents[2] / "src" / "reservo"


def page(centre, query=""):
    return centre.client("administrator").get(centre.url(f"registro/{query}")).content.decode()


def rows(text):
    cells = re.findall(r"<td[^>]*>(.*?)</td>", text.partition("<tbody>")[2], re.DOTALL)
    plain = [re.sub(r"<[^>]+>|\s+", " ", cell).strip() for cell in cells]
    return [tuple(plain[start : start + 5]) for start in range(0, len(plain), 5)]


def test_a_visits_changes_and_the_centres_actions_stand_in_one_list_newest_first(centre, monday):
    visit = centre.book(monday)
    with centre.active():
        agenda.change_state(visit.pk, "confirmed", by=STAFF, at=now())
        with tenancy.atomic():
            record("branch.hours", "branch", centre.branch, by=STAFF, at=now())
    shown = [row[1:] for row in rows(page(centre))][:4]
    assert shown == [
        ("Andrea Leiva", "cambió el horario", "Sucursal Centro", "agenda"),
        ("Andrea Leiva", "→ Confirmada", "Cita n.º 1", "agenda"),
        ("Andrea Leiva", "creó", "Cita n.º 1", "agenda"),
        ("Andrea Leiva", "creó", f"Paciente n.º {centre.patient}", "agenda"),
    ]


def test_a_page_goes_on_where_the_last_one_ended(centre):
    at = now()
    with centre.active(), tenancy.atomic():
        for number in range(60):
            record("branch.hours", "branch", 500 + number, by=STAFF, at=at - timedelta(minutes=number))
    first = page(centre)
    older = re.search(r'href="(\?[^"]*antes=[^"]+)"', first)[1].replace("&amp;", "&")
    found = [row[3] for row in rows(first) + rows(page(centre, older))]
    assert len(found) == len(set(found)) or found.count(f"Paciente n.º {centre.patient}") == 1
    assert {f"Sucursal n.º {500 + number}" for number in range(60)} <= set(found)


@pytest.mark.parametrize(
    "query", ["?antes=ayer", "?antes=2026-01-01", "?q=%00", "?q=" + "x" * 500, "?antes="]
)
def test_an_address_that_makes_no_sense_shows_the_list(centre, query):
    assert "Registro de acciones" in page(centre, query)


def test_a_person_is_searched_for(centre):
    with centre.active(), tenancy.atomic():
        record("branch.hours", "branch", 1, by=STAFF, at=now())
        by = STAFF.__class__("staff", 2, "Zoila Quintana", "agenda")
        record("centre.logo", "centre", 1, by=by, at=now())
    assert [row[1] for row in rows(page(centre, "?q=quint"))] == ["Zoila Quintana"]


def test_a_name_that_is_markup_is_shown_as_text(centre):
    with centre.active(), tenancy.atomic():
        by = STAFF.__class__("staff", 2, "<img src=x onerror=alert(1)>", "agenda")
        record("centre.logo", "centre", 1, by=by, at=now())
    assert "<img src=x" not in page(centre)


def test_the_list_needs_as_many_queries_for_many_lines_as_for_few(centre, monday):
    client = centre.client("administrator")

    def queries():
        with centre.active(), CaptureQueriesContext(connections["tenant"]) as asked:
            client.get(centre.url("registro/"))
        return len(asked)

    centre.book(monday)
    queries()
    few = queries()
    for number in range(3):
        centre.book(monday + timedelta(hours=1 + number))
    assert queries() == few


def test_things_are_named_and_what_is_gone_as_it_was_called(centre):
    admin = centre.client("administrator")
    with centre.active(), tenancy.atomic():
        room = Room.objects.create(name="Box Sur", branch_id=centre.branch)
        record("practitioner.hours", "practitioner", centre.ana, by=STAFF, at=now())
        record("practitioner.hours", "practitioner", 999, by=STAFF, at=now())
        name = Practitioner.objects.get(pk=centre.ana).name
    admin.post(centre.url(f"configuracion/lista/boxes/{room.pk}/eliminar"))
    assert [row[3] for row in rows(page(centre))][:3] == [
        "Box Box Sur",
        "Profesional n.º 999",
        f"Profesional {name}",
    ]


def test_names_take_a_query_for_each_kind_however_many_lines(centre):
    client = centre.client("administrator")

    def queries():
        with centre.active(), CaptureQueriesContext(connections["tenant"]) as asked:
            client.get(centre.url("registro/"))
        return len(asked)

    def hours_of(*people):
        with centre.active(), tenancy.atomic():
            for person in people:
                record("practitioner.hours", "practitioner", person, by=STAFF, at=now())

    hours_of(centre.ana)
    queries()
    few = queries()
    hours_of(centre.ana, centre.beto, 999)
    assert queries() == few


def test_lines_of_all_sources_are_merged(monkeypatch):
    at = now()
    line = [Line(at - timedelta(minutes=n), str(n), "", "", "") for n in range(6)]
    monkeypatch.setattr(trail, "_sources", [lambda search: line[::2], lambda search: line[1::2]])
    assert [one.who for one in trail.lines(Search(limit=4))] == ["0", "1", "2", "3"]


def test_rows_of_the_trail_are_only_added(centre):
    """No code changes or removes one."""
    offending = [
        path.name
        for path in SOURCES.rglob("*.py")
        if re.search(r"\bAction\.objects\b[^\n]*\.(update|delete)\(", path.read_text())
    ]
    assert offending == []
    with centre.active(), tenancy.atomic():
        record("centre.logo", "centre", 1, by=STAFF, at=now())
        assert Action.objects.filter(action="centre.logo").count() == 1


def recorded():
    """`thing.deed` of every call of `record`, as far as it is written out."""
    for path in SOURCES.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(call, ast.Call)
                and getattr(call.func, "id", getattr(call.func, "attr", "")) == "record"
            ):
                yield call.args[0] if call.args else None


def test_every_action_has_words(centre):
    literal = {
        arg.value for arg in recorded() if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
    }
    deeds = {action.rpartition(".")[2] for action in literal}
    formatted = {
        arg.values[-1].value.rpartition(".")[2]
        for arg in recorded()
        if isinstance(arg, ast.JoinedStr) and isinstance(arg.values[-1], ast.Constant)
    }
    assert (deeds | formatted) - set(DEEDS) == set()
    with centre.active():
        assert {action.rpartition(".")[0] for action in literal} - set(things()) == set()


def test_an_action_of_another_release_is_shown_as_it_is(centre):
    with centre.active(), tenancy.atomic():
        record("robot.painted", "robot", 7, by=STAFF, at=now())
        line = line_of(Action.objects.first(), things(), {})
    assert (line.what, line.about) == ("painted", "robot n.º 7")
