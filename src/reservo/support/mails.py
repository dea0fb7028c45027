"""The centre's administrators are written to when the operator asks to look in."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.urls import get_script_prefix, reverse, set_script_prefix
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reservo import tenancy
from reservo.core.clock import now
from reservo.notifications import kinds, mail
from reservo.notifications.account_mails import letter
from reservo.notifications.kinds import Mail
from reservo.notifications.mail import Plan
from reservo.notifications.models import Delivery
from reservo.staff.models import StaffMember
from reservo.support import queries
from reservo.support.models import SupportAccess

ASKED = "support_asked"
MOST_TOLD = 50


def register_kinds() -> None:
    kinds.register(ASKED, compose, label=gettext_lazy("Pedido de soporte"))


def tell_administrators(asked: SupportAccess, *, at: datetime) -> None:
    able = StaffMember.objects.filter(is_active=True, user_id__isnull=False, role__rights__right="users.edit")
    for member in able.distinct().order_by("pk")[:MOST_TOLD]:
        plan = Plan(
            kind=ASKED,
            subject_key=f"support:{asked.pk}",
            version="1",
            to_address=member.email,
            to_name=member.name,
            language=tenancy.current().language,
            due_at=at,
            context={"access_id": asked.pk},
        )
        mail.plan(plan, at=at)


def compose(delivery: Delivery) -> Mail | None:
    """Nothing once it has been answered."""
    asked = queries.waiting(now()).filter(pk=delivery.context["access_id"]).first()
    if asked is None:
        return None
    with translation.override(delivery.language):
        return letter(
            "Reservo",
            subject=_("Soporte pide ver tu centro"),
            title=_("%(who)s, de soporte, pide ver tu centro durante %(minutes)d minutos")
            % {"who": asked.operator_name, "minutes": asked.minutes},
            words=asked.reason,
            button=_("Responder"),
            url=f"{settings.RESERVO_PUBLIC_URL}/{tenancy.current().slug}{_path()}",
            why=_("Nadie entra sin tu permiso. Si no respondes, el pedido se olvida en un día."),
        )


def _path() -> str:
    """From the centre's own root, whatever prefix the one who asks came by."""
    before = get_script_prefix()
    set_script_prefix("/")
    try:
        return reverse("support:index", urlconf=settings.TENANT_URLCONF)
    finally:
        set_script_prefix(before)
