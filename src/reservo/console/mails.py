"""What the operator writes to the people of a centre about the centre as a whole."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reservo import tenancy
from reservo.accounts.models import User
from reservo.notifications import kinds, mail
from reservo.notifications.account_mails import letter
from reservo.notifications.kinds import Mail
from reservo.notifications.mail import Plan
from reservo.notifications.models import Delivery
from reservo.tenancy.models import Placement
from reservo.tenants.models import StateChange, Tenant

CENTRE_STATE = "centre_state"
MOST_TOLD = 500


def register_kinds() -> None:
    kinds.register(CENTRE_STATE, compose_state, label=gettext_lazy("Estado del centro"))


def tell_users(change: StateChange, *, at: datetime) -> int:
    """Each person of the centre hears of its new state; how many."""
    users = User.objects.filter(memberships__tenant_id=change.tenant_id, is_active=True).order_by("pk")
    told = 0
    with tenancy.control(), tenancy.atomic():
        for user in users[:MOST_TOLD]:
            plan = Plan(
                kind=CENTRE_STATE,
                subject_key=f"state:{change.pk}",
                version="1",
                to_address=user.email,
                to_name=user.name,
                language=user.language,
                due_at=at,
                context={"change_id": change.pk},
            )
            told += mail.plan(plan, at=at) is not None
    return told


def compose_state(delivery: Delivery) -> Mail | None:
    """Nothing if the state has changed again since."""
    change = StateChange.objects.filter(pk=delivery.context["change_id"]).first()
    if change is None or StateChange.objects.filter(tenant_id=change.tenant_id, pk__gt=change.pk).exists():
        return None
    centre = Tenant.objects.get(pk=change.tenant_id)
    slug = Placement.objects.values_list("slug", flat=True).get(pk=change.tenant_id)
    with translation.override(delivery.language):
        title = _title(change.state, centre.name)
        return letter(
            "Reservo",
            subject=title,
            title=title,
            words=change.reason,
            **_way_in(change.state, slug),
            why=_("Recibes este correo porque trabajas en %(centre)s.") % {"centre": centre.name},
        )


def _title(state: str, centre: str) -> str:
    words = {
        Placement.State.ACTIVE: _("%(centre)s está abierto otra vez"),
        Placement.State.MAINTENANCE: _("%(centre)s está en mantención"),
        Placement.State.DISABLED: _("%(centre)s quedó deshabilitado"),
    }
    return words[Placement.State(state)] % {"centre": centre}


def _way_in(state: str, slug: str) -> dict[str, str]:
    if state != Placement.State.ACTIVE:
        return {}
    return {"button": _("Ir a la agenda"), "url": f"{settings.RESERVO_PUBLIC_URL}/{slug}/agenda/"}
