"""Run by the peers' interpreter: the same people, hours and visits as our centre has. Prints the people's ids."""

from __future__ import annotations

import json
import os
import sys
from datetime import date, time, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.peers.appointment_settings")
django.setup()

from appointment.models import Appointment, AppointmentRequest, Service, StaffMember, WorkingHours  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402


def main(people: int, a_day: int, days: list[date]) -> list[int]:
    call_command("migrate", verbosity=0, run_syncdb=True)
    service = Service.objects.create(name="Consulta", duration=timedelta(minutes=30), price=150)
    client = get_user_model().objects.create(username="cliente")
    staff = [_person(number, service) for number in range(people)]
    slots = [time(9 + slot // 2, 30 * (slot % 2)) for slot in range(a_day + 1)]
    requests = [
        AppointmentRequest(
            date=day,
            start_time=slots[slot],
            end_time=slots[slot + 1],
            service=service,
            staff_member=who,
            id_request=f"{day}-{slot}-{who.pk}",
        )
        for day in days
        for slot in range(a_day)
        for who in staff
    ]
    made = AppointmentRequest.objects.bulk_create(requests, batch_size=500)
    Appointment.objects.bulk_create(
        [
            Appointment(client=client, appointment_request=one, id_request=one.id_request, amount_to_pay=0)
            for one in made
        ],
        batch_size=500,
    )
    return [who.pk for who in staff]


def _person(number: int, service: Service) -> StaffMember:
    user = get_user_model().objects.create(
        username=f"profesional{number}", first_name=f"Profesional {number}"
    )
    who = StaffMember.objects.create(user=user, slot_duration=30, lead_time=time(9), finish_time=time(18))
    who.services_offered.add(service)
    for weekday in range(1, 6):
        WorkingHours.objects.create(
            staff_member=who, day_of_week=weekday, start_time=time(9), end_time=time(18)
        )
    return who


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    days = [date.fromisoformat(day) for day in given["days"]]
    print(json.dumps(main(given["people"], given["a_day"], days)))
