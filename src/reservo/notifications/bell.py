"""The bell: a notice is a row; the bus tells the open browsers' process that there is one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Subquery
from django.db.models.functions import Coalesce

from reservo import tenancy
from reservo.adapters import bus
from reservo.notifications.models import Notice, NoticeMark

RIGHT = "agenda.see"
MOST_COUNTED = 100


def ring(
    kind: str,
    *,
    branch_id: int | None,
    practitioner_id: int | None,
    appointment_id: int | None,
    by_staff_id: int | None = None,
    facts: dict[str, Any],
    at: datetime,
) -> None:
    """Write the notice in the caller's transaction; browsers hear of it after the commit."""
    notice = Notice.objects.create(
        kind=kind,
        at=at,
        branch_id=branch_id,
        practitioner_id=practitioner_id,
        appointment_id=appointment_id,
        by_staff_id=by_staff_id,
        facts=facts,
    )
    place = {"branch": branch_id, "practitioner": practitioner_id}
    tell("notice", {"id": notice.pk, "by": by_staff_id, **place})


def tell(topic: str, message: dict[str, Any]) -> None:
    """After the commit, tell the events process of the active centre; loss is healed from rows."""
    tenant_id = tenancy.current().tenant_id
    tenancy.on_commit(lambda: bus.current().publish(topic, {**message, "tenant": tenant_id}))


def notices_for(staff: Any):
    """Notices this member may see, newest first; what they did themselves is no news to them."""
    found = Notice.objects.exclude(by_staff_id=staff.pk)
    if (branches := staff.branch_ids()) is not None:
        found = found.filter(branch_id__in=branches)
    if staff.only_own(RIGHT):
        found = found.filter(practitioner_id=staff.practitioner_id)
    return found


def mark_seen(staff_id: int, notice_id: int) -> None:
    with tenancy.atomic():
        mark, _ = NoticeMark.objects.get_or_create(staff_id=staff_id)
        if notice_id > mark.seen_id:
            mark.seen_id = notice_id
            mark.save(update_fields=["seen_id"])


def mark_all_seen(staff_id: int) -> None:
    if newest := Notice.objects.order_by("-pk").values_list("pk", flat=True).first():
        mark_seen(staff_id, newest)


def count_unseen(staff: Any) -> int:
    seen = Subquery(NoticeMark.objects.filter(staff_id=staff.pk).values("seen_id")[:1])
    return notices_for(staff).filter(pk__gt=Coalesce(seen, 0))[:MOST_COUNTED].count()
