"""What upper apps do when a centre's data come from elsewhere: a backup, an export, another operator."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from reservo import tenancy
from reservo.accounts import operations as accounts
from reservo.accounts.models import User
from reservo.fleet.backups.manifests import Person

Step = Callable[[dict[int, int]], None]
Telling = Callable[[datetime], None]
_steps: list[Step] = []
_tellings: list[Telling] = []


def step(function: Step) -> Step:
    """Register `function(users)`, from a user's number there to the one here; it runs in the centre's transaction."""
    if function not in _steps:
        _steps.append(function)
    return function


def telling(function: Telling) -> Telling:
    """Register `function(at)`: it tells the control plane what that notes of the centre's data, once they commit."""
    if function not in _tellings:
        _tellings.append(function)
    return function


def tell_again(*, at: datetime) -> None:
    """Inside the centre whose data were replaced: what the control plane notes of them may differ now."""
    with tenancy.atomic():
        for function in _tellings:
            function(at)


def welcome(people: list[Person], tenant_id: int, *, at: datetime) -> dict[int, int]:
    """Users of these people, known by their mail or made, as members of the centre. There to here."""
    with tenancy.control(), tenancy.atomic():
        found = {person.id: _user(person, at) for person in people}
        for user in found.values():
            accounts.join(user, tenant_id)
    return {there: user.pk for there, user in found.items()}


def settle(users: dict[int, int]) -> None:
    """Inside the centre: its rows name the users of this installation."""
    with tenancy.atomic():
        for function in _steps:
            function(users)


def _user(person: Person, at: datetime) -> User:
    """Somebody who is known here keeps name and password."""
    known = User.objects.filter(email=person.email.casefold()).first()
    if known:
        return known
    made = accounts.create_user(
        person.email, name=person.name, password=None, language=person.language, at=at
    )
    if person.password:
        made.password = person.password
        made.save(update_fields=["password"])
    return made
