"""The sample centres keep the demonstration's promises, at whatever hour it is started."""

import io
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.test import override_settings

from reservo import tenancy
from reservo.accounts.models import Membership, User
from reservo.agenda.availability import Question, offered
from reservo.agenda.models import Appointment, AppointmentChange
from reservo.catalog.models import Branch, Service, ServicePractitioner
from reservo.config.sample import making, visiting
from reservo.config.sample.centres import CENTRES
from reservo.core import zones
from reservo.jobs.models import Job
from reservo.notifications import bell
from reservo.notifications.models import Delivery
from reservo.staff.models import StaffMember
from reservo.tenancy import connections, directory, namespaces
from reservo.tenancy.models import Placement
from reservo.tenants.models import Tenant

SHOWN = {"not_confirmed", "confirmed", "arrived", "ready", "attended", "no_show", "suspended"}
# At night, on a Wednesday: nobody is in the house.
NIGHT = datetime(2026, 11, 25, 3, 0, tzinfo=ZoneInfo("America/Santiago"))
SMALL = CENTRES[2]


@pytest.fixture(scope="module")
def made(control):
    """The smallest of the three, made at night."""
    with override_settings(RESERVO_DEMO=True):
        route = making.make_centre(SMALL, at=NIGHT)
        with tenancy.activate(route):
            visiting.top_up(SMALL, at=NIGHT)
    yield route
    connections.close_all()
    Membership.objects.filter(tenant_id=route.tenant_id).delete()
    User.objects.filter(email__endswith=SMALL.email_domain).delete()
    Tenant.objects.filter(pk=route.tenant_id).delete()
    namespaces.remove(route)
    Placement.objects.filter(pk=route.tenant_id).delete()
    directory.forget()


def test_the_three_centres_are_where_the_plan_says():
    places = {plan.slug: [branch.zone for branch in plan.branches] for plan in CENTRES}
    assert places == {
        "clinica-austral": ["America/Santiago", "America/Punta_Arenas", "America/Coyhaique"],
        "estetica-gran-via": ["Europe/Madrid", "Atlantic/Canary"],
        "fisio-miraflores": ["America/Lima"],
    }


def test_the_week_around_today_shows_every_state(made):
    with tenancy.activate(made):
        near = Appointment.objects.filter(
            starts_at__gt=NIGHT - timedelta(days=7), starts_at__lt=NIGHT + timedelta(days=7)
        )
        assert set(near.values_list("state", flat=True)) == SHOWN


def test_every_working_day_around_today_has_visits_and_the_next_weeks_have_free_times(made):
    with tenancy.activate(made):
        branch = Branch.objects.get()
        today = zones.local_date(NIGHT, branch.zone)
        days = set(Appointment.objects.values_list("local_date", flat=True))
        week = {today + timedelta(days=n) for n in range(-3, 4)}
        assert {day for day in week if day.weekday() < 5} <= days
        service = Service.objects.filter(is_online=True).first()
        people = ServicePractitioner.objects.filter(service=service).values_list("practitioner_id", flat=True)
        question = Question(
            branch=branch,
            service=service,
            practitioner_ids=tuple(people),
            first=today + timedelta(days=1),
            last=today + timedelta(days=14),
            step_minutes=15,
            earliest=NIGHT,
        )
        assert sum(len(times) for _, times in offered(question, at=NIGHT).by_day()) > 50


def test_everything_was_made_before_now(made):
    with tenancy.activate(made):
        assert not Appointment.objects.filter(created_at__gt=NIGHT).exists()
        booked_late = [a for a in Appointment.objects.all() if a.created_at > a.starts_at]
        assert booked_late == []


def test_a_start_the_next_day_tops_up_and_changes_nothing_of_the_past(made):
    with tenancy.activate(made):
        before = Appointment.objects.count()
        settled = list(Appointment.objects.filter(state="attended").values_list("pk", flat=True))
        assert visiting.top_up(SMALL, at=NIGHT) == 0
        assert visiting.top_up(SMALL, at=NIGHT + timedelta(days=1)) > 0
        assert Appointment.objects.count() > before
        assert set(settled) <= set(Appointment.objects.filter(state="attended").values_list("pk", flat=True))


def test_no_mail_is_overdue_after_a_start(made):
    from reservo.config.management.commands.demo import Command

    with tenancy.activate(made):
        assert Delivery.objects.filter(state="planned", due_at__lte=NIGHT).exists()
        Command()._no_overdue_mail(NIGHT)
        assert not Delivery.objects.filter(state="planned", due_at__lte=NIGHT).exists()
        assert not Job.objects.filter(state="waiting", task="notifications.send", run_at__lte=NIGHT).exists()


@override_settings(RESERVO_DEMO=False)
def test_an_installation_that_is_no_demo_gets_no_samples(control):
    from django.core.management import CommandError

    before = Placement.objects.count()
    with pytest.raises(CommandError, match="is no demo installation"):
        call_command("demo", stdout=io.StringIO())
    assert Placement.objects.count() == before


def test_the_bells_of_a_working_centre_have_a_handful_unread(made):
    with tenancy.activate(made):
        unread = [bell.count_unseen(member) for member in StaffMember.objects.all()]
    assert max(unread) == visiting.UNREAD


def test_what_somebody_booked_as_a_patient_is_left_to_them(made):
    with tenancy.activate(made):
        waiting = Appointment.objects.filter(starts_at__gt=NIGHT, state="not_confirmed").order_by("starts_at")
        visits = list(waiting.values_list("pk", flat=True)[:12])
        AppointmentChange.objects.filter(appointment_id__in=visits, action="created").update(actor="patient")
        visiting.top_up(SMALL, at=NIGHT + timedelta(hours=2))
        assert set(Appointment.objects.filter(pk__in=visits).values_list("state", flat=True)) == {
            "not_confirmed"
        }
