"""Offered times of a service: one call for the page, the interface for programs and the patient's own page."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from reservo.agenda.availability import Answer, Question, offered
from reservo.booking.models import BookingPage
from reservo.catalog.models import Branch, Centre, PractitionerBranch, Service, ServicePractitioner


class NothingBookable(LookupError):
    """The service, branch or practitioner is not one that can be booked online; `what` says which."""

    def __init__(self, what: str):
        super().__init__(what)
        self.what = what


def offered_times(
    service_id: int, branch_id: int, practitioner_id: int | None, first: date, last: date, *, at: datetime
) -> tuple[Branch, Answer]:
    """Raises NothingBookable."""
    branch = Branch.objects.filter(pk=branch_id, is_active=True).first()
    if branch is None:
        raise NothingBookable("branch")
    service = Service.objects.filter(pk=service_id, is_active=True, is_online=True).first()
    if service is None:
        raise NothingBookable("service")
    ids = _practitioners(service_id, branch_id, practitioner_id)
    page = BookingPage.objects.get()
    step = Centre.objects.values_list("step_minutes", flat=True).get(pk=1)
    question = Question(
        branch=branch,
        service=service,
        practitioner_ids=ids if page.is_open else (),
        first=first,
        last=last,
        step_minutes=step,
        earliest=at + timedelta(minutes=page.least_notice_minutes),
        latest=at + timedelta(days=page.horizon_days),
    )
    return branch, offered(question, at=at)


def _practitioners(service_id: int, branch_id: int, practitioner_id: int | None) -> tuple[int, ...]:
    gives = ServicePractitioner.objects.filter(
        service_id=service_id, practitioner__is_active=True, practitioner__is_online=True
    ).order_by("practitioner__position", "practitioner_id")
    ids = list(gives.values_list("practitioner_id", flat=True))
    if practitioner_id is not None:
        if practitioner_id not in ids:
            raise NothingBookable("practitioner")
        ids = [practitioner_id]
    here = set(
        PractitionerBranch.objects.filter(branch_id=branch_id, practitioner_id__in=ids).values_list(
            "practitioner_id", flat=True
        )
    )
    return tuple(pk for pk in ids if pk in here)
