"""A right may reach one's own or everybody's, and one branch or all: shown here on every screen of the day."""

from datetime import timedelta

import pytest

from reservo import tenancy
from reservo.agenda import operations as agenda
from reservo.catalog.models import Branch, OpeningPeriod, PractitionerBranch, WorkingPeriod
from reservo.core.clock import now
from reservo.patients import operations as patients
from reservo.patients.fields import PatientFields
from reservo.staff import rights
from reservo.staff.models import StaffBranch, StaffMember
from tests.cast import STAFF


class Scene:
    """Ana (the practitioner who logs in) and Beto each have a patient and a visit; Beto's Sur branch has one too."""

    def __init__(self, centre, monday):
        self.centre, self.monday = centre, monday
        with centre.active(), tenancy.atomic():
            self.theirs = patients.register(
                PatientFields(given_name="Zoila", paternal_surname="Quintana", phone="+56987654321"),
                default_country="CL",
                by=STAFF,
                at=now(),
            ).pk
            self.far = Branch.objects.create(name="Sur", country="CL", zone="America/Punta_Arenas").pk
            PractitionerBranch.objects.create(practitioner_id=centre.beto, branch_id=self.far)
            OpeningPeriod.objects.create(branch_id=self.far, weekday=0, starts_minute=540, ends_minute=1080)
            WorkingPeriod.objects.create(
                practitioner_id=centre.beto,
                branch_id=self.far,
                weekday=0,
                starts_minute=900,
                ends_minute=1080,
            )
        self.own_visit = centre.book(monday).pk
        self.their_visit = centre.book(monday, practitioner_id=centre.beto, patient_id=self.theirs).pk
        self.far_visit = centre.book(
            monday + timedelta(hours=6),
            practitioner_id=centre.beto,
            patient_id=self.theirs,
            branch_id=self.far,
        ).pk

    @property
    def day(self):
        return f"desde={self.monday:%Y-%m-%d}&hasta={self.monday:%Y-%m-%d}&dia={self.monday:%Y-%m-%d}"

    def get(self, client, path):
        return client.get(self.centre.url(path))


@pytest.fixture
def scene(centre, monday):
    return Scene(centre, monday)


@pytest.fixture
def ana(scene):
    return scene.centre.client("practitioner")


@pytest.fixture
def desk_of_one_branch(scene):
    with scene.centre.active(), tenancy.atomic():
        member = StaffMember.objects.get(role__builtin=rights.RECEPTIONIST)
        StaffMember.objects.filter(pk=member.pk).update(all_branches=False)
        StaffBranch.objects.create(member=member, branch_id=scene.centre.branch)
    return scene.centre.client("receptionist")


# Own


def test_the_feed_holds_ones_own_visits_alone_whatever_is_asked(scene, ana):
    for asked in ("", f"&profesional={scene.centre.beto}", f"&sucursal={scene.far}", "&profesional=abc"):
        feed = scene.get(ana, f"agenda/datos?{scene.day}{asked}").json()
        assert {visit["id"] for visit in feed["visits"]} <= {scene.own_visit}
    assert b"Quintana" not in scene.get(ana, f"agenda/datos?{scene.day}").content


@pytest.mark.parametrize("path", ["agenda/", "agenda/lista"])
def test_the_day_shows_ones_own_column_and_visits(scene, ana, path):
    page = scene.get(ana, f"{path}?{scene.day}&profesional={scene.centre.beto}").content.decode()
    assert "Quintana" not in page
    assert "Beto Díaz" not in page


def test_the_strip_counts_ones_own_visits(scene, ana):
    days = scene.get(ana, f"agenda/dias?{scene.day}").json()["days"]
    assert {one["date"]: one["count"] for one in days}[f"{scene.monday:%Y-%m-%d}"] == 1


def test_a_practitioner_who_is_nobodys_sees_nothing(scene):
    with scene.centre.active(), tenancy.atomic():
        StaffMember.objects.filter(role__builtin=rights.PRACTITIONER).update(practitioner_id=None)
    client = scene.centre.client("practitioner")
    assert scene.get(client, f"agenda/datos?{scene.day}").json()["visits"] == []
    days = scene.get(client, f"agenda/dias?{scene.day}").json()["days"]
    assert {one["count"] for one in days} == {0}
    assert scene.get(client, f"agenda/citas/{scene.own_visit}").status_code == 404
    assert b"Mu\xc3\xb1oz" not in scene.get(client, "pacientes/").content


def test_the_panel_of_anothers_visit_is_not_there(scene, ana):
    assert scene.get(ana, f"agenda/citas/{scene.own_visit}").status_code == 200
    for visit in (scene.their_visit, scene.far_visit):
        assert scene.get(ana, f"agenda/citas/{visit}").status_code == 404


def test_anothers_visit_cannot_be_changed(scene, ana):
    for what, body in (
        ("editar", {"comment": "x"}),
        ("estado", {"state": "confirmed", "version": 1}),
        ("mover", {"start": f"{scene.monday:%Y-%m-%d}T11:00", "version": 1}),
    ):
        answer = ana.post(scene.centre.url(f"agenda/citas/{scene.their_visit}/{what}"), body)
        assert answer.status_code == 404, what


def test_anothers_block_is_neither_drawn_nor_opened(scene, ana):
    blocks = {}
    with scene.centre.active():
        for title, who in (
            ("Médico de Beto", scene.centre.beto),
            ("Pausa de Ana", scene.centre.ana),
            ("Taller", None),
        ):
            what = agenda.Blocking(
                title=title,
                day=scene.monday.date(),
                minute=17 * 60,
                duration_minutes=30,
                zone="America/Santiago",
                practitioner_id=who,
                branch_id=scene.centre.branch,
            )
            blocks[title] = agenda.block(what, by=STAFF, at=now()).pk
    feed = scene.get(ana, f"agenda/datos?{scene.day}").json()
    assert {one["title"] for one in feed["blocks"]} == {"Pausa de Ana", "Taller"}
    opened = {title: scene.get(ana, f"agenda/bloqueos/{pk}").status_code for title, pk in blocks.items()}
    assert opened == {"Médico de Beto": 403, "Pausa de Ana": 200, "Taller": 200}


def test_search_finds_ones_own_visits_and_patients(scene, ana):
    def found(typed):
        return [one["title"] for one in scene.get(ana, f"agenda/buscar?q={typed}").json()["results"]]

    assert found("Quintana") == []
    assert len(found("Muñoz")) == 2  # the file and the visit


def test_patients_are_ones_own_in_list_file_and_suggestions(scene, ana):
    listed = scene.get(ana, "pacientes/").content.decode()
    assert "Muñoz" in listed
    assert "Quintana" not in listed
    assert "Quintana" not in scene.get(ana, "pacientes/?q=quintana").content.decode().replace(
        'value="quintana"', ""
    )
    assert scene.get(ana, f"pacientes/{scene.theirs}/").status_code == 404
    assert "Quintana" not in scene.get(ana, "pacientes/buscar?q=quintana").content.decode()


def test_anothers_visits_of_ones_own_patient_are_not_told(scene, ana):
    """José comes to Ana, and has been to Beto as well: what for is none of Ana's business."""
    later = scene.monday + timedelta(hours=2)
    scene.centre.book(later, practitioner_id=scene.centre.beto, service_ids=(scene.centre.procedure,))
    for path in (f"agenda/citas/{scene.own_visit}", f"pacientes/{scene.centre.patient}/"):
        text = scene.get(ana, path).content.decode()
        assert "Procedimiento" not in text
        assert "Beto" not in text


# One branch


def test_a_branch_that_is_not_ones_own_is_closed_on_every_screen(scene, desk_of_one_branch):
    client = desk_of_one_branch
    for path in (
        f"agenda/?sucursal={scene.far}",
        f"agenda/lista?{scene.day}&sucursal={scene.far}",
        "pacientes/",
    ):
        text = scene.get(client, path).content.decode()
        assert ">Sur<" not in text, path
    feed = scene.get(client, f"agenda/datos?{scene.day}&sucursal={scene.far}").json()
    assert scene.far_visit not in {visit["id"] for visit in feed["visits"]}
    assert scene.get(client, f"agenda/citas/{scene.far_visit}").status_code == 404
    assert scene.get(client, f"agenda/citas/{scene.their_visit}").status_code == 200
    assert (
        client.post(scene.centre.url(f"agenda/citas/{scene.far_visit}/estado"), {"state": "x"}).status_code
        == 404
    )


def test_a_visit_is_not_booked_into_a_branch_that_is_not_ones_own(scene, desk_of_one_branch):
    day = f"{scene.monday:%Y-%m-%d}"
    desk_of_one_branch.post(
        scene.centre.url(f"agenda/nueva?sucursal={scene.far}"),
        {
            "day": day,
            "time": "17:00",
            "practitioner": scene.centre.beto,
            "services": [scene.centre.consultation],
            "patient": scene.theirs,
        },
    )
    with scene.centre.active():
        from reservo.agenda.models import Appointment

        assert Appointment.objects.filter(branch_id=scene.far).count() == 1


def test_the_visits_of_another_branch_are_not_told_in_a_patients_file(scene, desk_of_one_branch):
    text = scene.get(desk_of_one_branch, f"pacientes/{scene.theirs}/").content.decode()
    assert ">Sur" not in text


def test_a_person_of_no_branch_sees_no_visit(scene):
    with scene.centre.active(), tenancy.atomic():
        StaffMember.objects.filter(role__builtin=rights.RECEPTIONIST).update(all_branches=False)
    client = scene.centre.client("receptionist")
    assert scene.get(client, f"agenda/datos?{scene.day}").json()["visits"] == []
    assert scene.get(client, f"agenda/citas/{scene.own_visit}").status_code == 404
