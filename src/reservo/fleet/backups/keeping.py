"""Which backups stay: the last of each of 7 days, of 4 weeks and of 3 months that there are backups of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime

from reservo.core import zones
from reservo.fleet.backups import places
from reservo.fleet.models import Backup
from reservo.tenancy.models import Placement

DAYS, WEEKS, MONTHS = 7, 4, 3


def kept(taken: Iterable[datetime], zone: str) -> set[datetime]:
    """Of the moments that backups are of, those that stay. Days are local; gaps do not shorten what is kept."""
    newest_first = sorted(taken, reverse=True)
    return (
        _last_of_each(newest_first, zone, lambda day: day, DAYS)
        | _last_of_each(newest_first, zone, lambda day: day.isocalendar()[:2], WEEKS)
        | _last_of_each(newest_first, zone, lambda day: (day.year, day.month), MONTHS)
    )


def _last_of_each(
    newest_first: list[datetime], zone: str, group: Callable[[date], object], most: int
) -> set[datetime]:
    found: dict[object, datetime] = {}
    for at in newest_first:
        found.setdefault(group(zones.local_date(at, zone)), at)
    return set(list(found.values())[:most])


def tidy(tenant_id: int, *, at: datetime) -> int:
    """Remove what need not stay from the first place; what further places keep is theirs to say. How many."""
    usable = [
        backup
        for backup in Backup.objects.filter(tenant_id=tenant_id, removed_at=None).exclude(key="")
        if backup.is_usable
    ]
    zone = Placement.objects.filter(pk=tenant_id).values_list("zone", flat=True).first() or "UTC"
    stay = kept((backup.taken_at for backup in usable if backup.taken_at), zone)
    gone = [backup for backup in usable if backup.taken_at not in stay]
    place = places.first()
    for backup in gone:
        place.delete(backup.key)
        Backup.objects.filter(pk=backup.pk).update(removed_at=at)
    return len(gone)
