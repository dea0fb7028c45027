"""The operator's own mails to people who log in: a forgotten password, an invitation.

Planned on the control plane and made when they are sent, so that no link ever rests in a row.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reservo import outbox
from reservo.accounts import operations as accounts
from reservo.accounts.events import PasswordResetAsked, StaffInvited
from reservo.accounts.models import Invitation, User
from reservo.core.clock import now
from reservo.notifications import kinds, mail
from reservo.notifications.kinds import Mail
from reservo.notifications.mail import Plan
from reservo.notifications.models import Delivery
from reservo.tenants.models import Tenant

PASSWORD_RESET, INVITATION = "password_reset", "invitation"
GLOBAL_URLS = "reservo.config.urls"


def register_kinds() -> None:
    kinds.register(PASSWORD_RESET, compose_reset, label=gettext_lazy("Contraseña nueva"))
    kinds.register(INVITATION, compose_invitation, label=gettext_lazy("Invitación"))


@outbox.receiver(PasswordResetAsked)
def plan_reset(event: PasswordResetAsked, at: datetime) -> None:
    user = User.objects.get(pk=event.user_id)
    plan = Plan(
        kind=PASSWORD_RESET,
        subject_key=f"user:{user.pk}",
        version=at.isoformat(timespec="minutes"),
        to_address=user.email,
        to_name=user.name,
        language=user.language or _language_of_centre(user),
        due_at=at,
        context={"user_id": user.pk},
    )
    mail.plan(plan, at=at)


@outbox.receiver(StaffInvited)
def plan_invitation(event: StaffInvited, at: datetime) -> None:
    invitation = Invitation.objects.get(pk=event.invitation_id)
    known = User.objects.filter(email=invitation.email).first()
    plan = Plan(
        kind=INVITATION,
        subject_key=f"invitation:{invitation.pk}",
        version="1",
        to_address=invitation.email,
        to_name=known.name if known else "",
        language=(known.language if known else "") or _tenant(invitation).language,
        due_at=at,
        context={"invitation_id": invitation.pk},
    )
    mail.plan(plan, at=at)


def compose_reset(delivery: Delivery) -> Mail | None:
    user = User.objects.filter(pk=delivery.context["user_id"], is_active=True).first()
    if user is None:
        return None
    with translation.override(delivery.language):
        return letter(
            "Reservo",
            subject=_("Tu contraseña nueva en Reservo"),
            title=_("Elige una contraseña nueva"),
            words=_("Alguien pidió cambiar la contraseña de %(email)s. El enlace sirve durante dos horas.")
            % {"email": user.email},
            button=_("Elegir contraseña"),
            url=_url("reset", accounts.reset_token(user)),
            why=_("Si no fuiste tú, no hagas nada: tu contraseña sigue igual."),
        )


def compose_invitation(delivery: Delivery) -> Mail | None:
    invitation = Invitation.objects.filter(
        pk=delivery.context["invitation_id"], accepted_at=None, expires_at__gt=now()
    ).first()
    if invitation is None:
        return None
    centre = _tenant(invitation).name
    with translation.override(delivery.language):
        return letter(
            centre,
            subject=_("Invitación a %(centre)s") % {"centre": centre},
            title=_("Te invitaron a trabajar en la agenda de %(centre)s") % {"centre": centre},
            words=_("Acepta la invitación y elige tu contraseña. El enlace sirve durante siete días."),
            button=_("Aceptar la invitación"),
            url=_url("invitation", accounts.token_of(invitation)),
            why=_("Recibes este correo porque %(centre)s te agregó a su equipo.") % {"centre": centre},
        )


def _tenant(invitation: Invitation) -> Tenant:
    return Tenant.objects.get(pk=invitation.tenant_id)


def _language_of_centre(user: User) -> str:
    """Of the first one they belong to, while they have chosen none of their own."""
    known = Tenant.objects.filter(pk__in=user.memberships.values("tenant_id")).order_by("pk")
    return known.values_list("language", flat=True).first() or "es"


def _url(name: str, token: str) -> str:
    """The page of the button, in the language of the mail."""
    path = reverse(name, urlconf=GLOBAL_URLS, args=[token])
    return f"{settings.RESERVO_PUBLIC_URL}{path}?lang={translation.get_language()}"


def letter(from_name: str, *, subject: str, **words: str) -> Mail:
    """`title`, `words`, `why`, and perhaps a `button` that leads to `url`."""
    context = {"from_name": from_name, "subject": subject, "language": translation.get_language(), **words}
    return Mail(
        subject=subject,
        text=render_to_string("notifications/account_mail.txt", context),
        html=render_to_string("notifications/account_mail.html", context),
        from_name=from_name,
    )
