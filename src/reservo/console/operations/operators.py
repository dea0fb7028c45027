"""The operator's people: invited, let in with two factors, reset, let go."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core import signing
from django.db import IntegrityError
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from reservo import tenancy
from reservo.accounts import lockout, passwords
from reservo.accounts.models import Session
from reservo.accounts.operations import WrongCredentials
from reservo.console import totp, trail
from reservo.console.models import UNANSWERED, Operator, RecoveryCode
from reservo.core import mailaddress, sealing
from reservo.core.actor import Actor
from reservo.fleet import orders

INVITATION_LIFE = timedelta(days=7)
_INVITATION = "reservo.operator-invitation"


class OperatorExists(ValueError):
    """Somebody of the operator's has this mail."""


class InvitationOver(ValueError):
    """The link is unknown, used, or too old."""


class WrongCode(ValueError):
    """Neither a code of the authenticator that was not used before, nor a recovery code that is left."""


class NoSecondFactor(PermissionError):
    """This person has none yet, and nobody enters without: the invitation sets it up."""


class Newcomer(PermissionError):
    """Whoever sent this person the link to get in may sit behind both: they are nobody's second person for a day."""


class LastOperator(RuntimeError):
    """Nobody would be left who can enter."""


def invite(email: str, *, name: str, by: Actor, at: datetime) -> Operator:
    """Somebody who sets password and second factor by the link of `invitation_token`.

    Raises InvalidAddress, OperatorExists.
    """
    email = mailaddress.check(email).casefold()
    with tenancy.control(), tenancy.atomic():
        try:
            with tenancy.atomic():
                made = Operator.objects.create(
                    email=email, name=name.strip()[:80], created_at=at, invited_at=at, invited_by_id=by.id
                )
        except IntegrityError as taken:
            raise OperatorExists(email) from taken
        trail.note("operator.invited", "operator", made.pk, name=email, by=by, at=at)
    return made


def reset(operator: Operator, *, by: Actor, at: datetime) -> None:
    """Password, second factor and recovery codes are void, sessions end; a new invitation is the way in."""
    with tenancy.control(), tenancy.atomic():
        operator.password, operator.sealed_seed, operator.invited_at = UNANSWERED, "", at
        operator.is_active, operator.invited_by_id = True, by.id
        operator.save(update_fields=["password", "sealed_seed", "invited_at", "is_active", "invited_by_id"])
        operator.recovery_codes.all().delete()
        end_sessions(operator)
        trail.note("operator.reset", "operator", operator.pk, name=operator.email, by=by, at=at)


def disable(operator: Operator, *, by: Actor, at: datetime) -> None:
    """Raises LastOperator."""
    with tenancy.control(), tenancy.atomic():
        if (
            not Operator.objects.filter(is_active=True)
            .exclude(pk=operator.pk)
            .exclude(password=UNANSWERED)
            .exists()
        ):
            raise LastOperator
        Operator.objects.filter(pk=operator.pk).update(is_active=False)
        end_sessions(operator)
        trail.note("operator.disabled", "operator", operator.pk, name=operator.email, by=by, at=at)


def invitation_token(operator: Operator) -> str:
    """Good until it is accepted, or another one is made, or a week has passed."""
    return signing.dumps([operator.pk, _state_of(operator)], salt=_INVITATION)


def invited_by(token: str) -> Operator:
    """Raises InvitationOver."""
    try:
        pk, state = signing.loads(token[:400], salt=_INVITATION, max_age=INVITATION_LIFE)
    except (signing.BadSignature, ValueError, TypeError) as bad:
        raise InvitationOver from bad
    found = Operator.objects.filter(pk=pk, is_active=True).first()
    if found is None or not found.is_invited or not constant_time_compare(_state_of(found), state):
        raise InvitationOver
    return found


def accept(operator: Operator, *, name: str, password: str, seed: str, code: str, at: datetime) -> list[str]:
    """Password and second factor are set; the recovery codes, shown this once.

    Raises WeakPassword, WrongCode, and InvitationOver for the second of two who answer it at the same time.
    """
    passwords.check(password, email=operator.email)
    step = totp.step_of(code, seed, at=at)
    if step is None:
        raise WrongCode
    codes = totp.new_recovery_codes()
    with tenancy.control(), tenancy.atomic():
        still_open = Operator.objects.filter(
            pk=operator.pk, is_active=True, password=UNANSWERED, invited_at=operator.invited_at
        )
        if not still_open.update(
            name=name.strip()[:80],
            password=make_password(password),
            sealed_seed=_sealed(operator, seed),
            last_step=step,
        ):
            raise InvitationOver
        operator.refresh_from_db()
        operator.recovery_codes.all().delete()
        RecoveryCode.objects.bulk_create(
            RecoveryCode(operator=operator, digest=totp.digest_of(one)) for one in codes
        )
        trail.note("operator.joined", "operator", operator.pk, name=operator.email, by=actor(operator), at=at)
    return codes


def make_for_demo(email: str, *, name: str, password: str, at: datetime) -> Operator:
    """One who enters with a password alone: only a demo lets such a one in."""
    facts = {"name": name, "password": make_password(password), "created_at": at, "invited_at": at}
    return Operator.objects.get_or_create(email=email, defaults=facts)[0]


def authenticate(email: str, password: str, *, client: str, at: datetime) -> Operator:
    """The first factor. Raises WrongCredentials, LockedOut, NoSecondFactor."""
    email = email.strip().casefold()[:254]
    lockout.refuse_locked(_attempts_of(email), client, at=at)
    found = Operator.objects.filter(email=email, is_active=True).exclude(password=UNANSWERED).first()
    if found is None:
        make_password(password[: passwords.LONGEST])
    elif check_password(password[: passwords.LONGEST], found.password):
        if not (found.sealed_seed or settings.RESERVO_DEMO):
            raise NoSecondFactor
        return found
    lockout.note_failure(_attempts_of(email), client, at=at)
    raise WrongCredentials


def verify(operator: Operator, code: str, *, client: str, at: datetime) -> None:
    """The second factor. Raises WrongCode, LockedOut."""
    lockout.refuse_locked(_attempts_of(operator.email), client, at=at)
    code = code.replace(" ", "").strip()[:40]
    if not (_uses_code(operator, code, at) or _uses_recovery_code(operator, code, at)):
        lockout.note_failure(_attempts_of(operator.email), client, at=at)
        raise WrongCode


def entered(operator: Operator, *, client: str, at: datetime) -> None:
    """Both factors were given."""
    lockout.forget_failures(_attempts_of(operator.email))
    Operator.objects.filter(pk=operator.pk).update(entered_at=at)
    trail.note(
        "session.opened",
        "operator",
        operator.pk,
        name=operator.email,
        by=actor(operator),
        at=at,
        client=client,
    )


def refuse_newcomer(operator_id: int | None, *, at: datetime) -> None:
    """Who was let in from the console less than a day ago, or let in anew. Raises Newcomer."""
    lately = Operator.objects.filter(
        pk=operator_id, invited_by_id__isnull=False, invited_at__gt=at - orders.SECOND_THOUGHT
    )
    if lately.exists():
        raise Newcomer


def end_sessions(operator: Operator) -> None:
    Session.objects.filter(operator_id=operator.pk).delete()


def end_visits(operator: Operator) -> None:
    """Their sessions inside centres; the consent stays, and lets them in again while it lasts."""
    Session.objects.filter(operator_id=operator.pk, tenant_id__isnull=False).delete()


def proof_of(operator: Operator) -> str:
    """Changes with password and second factor, so that old sessions end with them."""
    return salted_hmac(
        "reservo.operator-session", operator.password + operator.sealed_seed, algorithm="sha256"
    ).hexdigest()


def proves(session: dict, operator: Operator) -> bool:
    return constant_time_compare(str(session.get("operator_proof", "")), proof_of(operator))


def actor(operator: Operator) -> Actor:
    return Actor("operator", operator.pk, operator.name, "console")


def _uses_code(operator: Operator, code: str, at: datetime) -> bool:
    """Each code once: the conditional update decides between two at a time."""
    step = totp.step_of(code, _unsealed(operator), at=at) if operator.sealed_seed else None
    if step is None:
        return False
    return bool(Operator.objects.filter(pk=operator.pk, last_step__lt=step).update(last_step=step))


def _uses_recovery_code(operator: Operator, code: str, at: datetime) -> bool:
    left = RecoveryCode.objects.filter(operator=operator, digest=totp.digest_of(code), used_at=None)
    return bool(left.update(used_at=at))


def _attempts_of(email: str) -> str:
    return f"operator {email}"


def _state_of(operator: Operator) -> str:
    told = f"{operator.password}|{operator.sealed_seed}|{operator.invited_at.isoformat()}"
    return salted_hmac(_INVITATION, told, algorithm="sha256").hexdigest()[:32]


def _sealed(operator: Operator, seed: str) -> str:
    return sealing.seal(seed, secret=settings.SECRET_KEY, purpose=_purpose(operator))


def _unsealed(operator: Operator) -> str:
    return sealing.unseal(operator.sealed_seed, secret=settings.SECRET_KEY, purpose=_purpose(operator))


def _purpose(operator: Operator) -> str:
    return f"second factor of operator {operator.pk}"


def invitation_link(operator: Operator) -> str:
    path = reverse("console:invitation", urlconf="reservo.config.urls", args=[invitation_token(operator)])
    return settings.RESERVO_PUBLIC_URL + path
