"""Logging in and out, passwords, invitations."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

from reservo import outbox, tenancy
from reservo.accounts import joining, lockout, passwords
from reservo.accounts.events import PasswordResetAsked, StaffInvited
from reservo.accounts.joining import Joining
from reservo.accounts.models import Invitation, Membership, Session, User
from reservo.accounts.sessions import SessionStore
from reservo.ui import speaking

INVITATION_LIFE = timedelta(days=7)


class WrongCredentials(ValueError):
    """The mail or the password is not right; which of them is not told."""


class UnknownLanguage(ValueError):
    """Not one that the screens speak."""


class InvitationOver(ValueError):
    """The invitation is unknown, accepted before, or too old."""


def create_user(email: str, *, name: str, password: str | None, at: datetime, language: str = "") -> User:
    """The user of this mail, made if there is none (then with this password, or none that can be used)."""
    user = User.objects.filter(email=email.casefold()).first()
    if user:
        return user
    defaults = {"name": name, "language": language, "created_at": at, "password": make_password(password)}
    return User.objects.get_or_create(email=email.casefold(), defaults=defaults)[0]


def rename(user: User, name: str) -> None:
    """What the person is called where no centre's own name for them holds."""
    User.objects.filter(pk=user.pk).update(name=name)


def rename_by(user_id: int, name: str, *, tenant_id: int) -> None:
    """The same by a centre that is the person's only one; elsewhere others would not know them."""
    if not Membership.objects.filter(user_id=user_id).exclude(tenant_id=tenant_id).exists():
        User.objects.filter(pk=user_id).update(name=name)


def rename_invited(tenant_id: int, staff_id: int, name: str) -> None:
    """The name that the open invitation proposes."""
    Invitation.objects.filter(tenant_id=tenant_id, staff_id=staff_id, accepted_at=None).update(name=name)


def choose_language(user: User, language: str) -> None:
    """For the person's own screens; empty follows each centre. Raises UnknownLanguage."""
    if language and language not in speaking.LANGUAGES:
        raise UnknownLanguage(language)
    User.objects.filter(pk=user.pk).update(language=language)


def authenticate(email: str, password: str, *, client: str, at: datetime) -> User:
    """The user. Raises WrongCredentials, LockedOut."""
    email = email.strip().casefold()[:254]
    lockout.refuse_locked(email, client, at=at)
    user = User.objects.filter(email=email, is_active=True).first()
    if user is None:
        make_password(password[: passwords.LONGEST])
    elif user.check_password(password[: passwords.LONGEST]):
        lockout.forget_failures(email)
        return user
    lockout.note_failure(email, client, at=at)
    raise WrongCredentials


def open_session(user: User, tenant_id: int, *, agent: str, at: datetime) -> SessionStore:
    """A new session of this user in this centre; the caller sets the cookie."""
    session = SessionStore()
    session.update(
        {
            "user_id": user.pk,
            "tenant_id": tenant_id,
            "proof": proof_of(user),
            "began": int(at.timestamp()),
            "agent": agent[:200],
        }
    )
    session.create()
    User.objects.filter(pk=user.pk).update(last_login=at)
    return session


def proof_of(user: User) -> str:
    """Changes with the password, so that old sessions end with it."""
    return salted_hmac("reservo.session", user.password, algorithm="sha256").hexdigest()


def proves(session: dict, user: User) -> bool:
    return constant_time_compare(str(session.get("proof", "")), proof_of(user))


def set_password(user: User, password: str) -> None:
    """Raises WeakPassword. Every session of the user ends, and so does the wait after wrong passwords."""
    passwords.check(password, email=user.email)
    user.set_password(password)
    user.save(update_fields=["password"])
    lockout.forget_failures(user.email)
    end_sessions(user)


def mark_of(session_key: str) -> str:
    """Names a session on screen and in addresses without giving its key away."""
    return salted_hmac("reservo.session-mark", session_key, algorithm="sha256").hexdigest()[:20]


def end_session(user: User, mark: str) -> bool:
    """End the session of this mark, if it is the user's."""
    for session in Session.objects.filter(user_id=user.pk).only("session_key"):
        if constant_time_compare(mark_of(session.session_key), mark):
            session.delete()
            return True
    return False


def end_other_sessions(user: User, session_key: str) -> None:
    Session.objects.filter(user_id=user.pk).exclude(session_key=session_key).delete()


def end_sessions(user: User, *, tenant_id: int | None = None) -> None:
    sessions = Session.objects.filter(user_id=user.pk)
    if tenant_id is not None:
        sessions = sessions.filter(tenant_id=tenant_id)
    sessions.delete()


def invite(email: str, *, name: str, tenant_id: int, staff_id: int, at: datetime) -> Invitation:
    """A new invitation, told to whoever sends mail; earlier ones of the same person in the centre end."""
    with tenancy.control(), tenancy.atomic():
        withdraw_invitations(tenant_id, staff_id)
        invitation = Invitation.objects.create(
            tenant_id=tenant_id,
            staff_id=staff_id,
            email=email.casefold(),
            name=name,
            expires_at=at + INVITATION_LIFE,
        )
        outbox.announce(StaffInvited(invitation.pk), at=at)
    return invitation


def withdraw_invitations(tenant_id: int, staff_id: int) -> None:
    Invitation.objects.filter(tenant_id=tenant_id, staff_id=staff_id, accepted_at=None).delete()


def token_of(invitation: Invitation) -> str:
    return signing.Signer(salt="reservo.invitation").sign(str(invitation.pk))


def invitation_of(token: str, *, at: datetime) -> Invitation:
    """Raises InvitationOver."""
    try:
        pk = int(signing.Signer(salt="reservo.invitation").unsign(token[:200]))
    except (signing.BadSignature, ValueError) as bad:
        raise InvitationOver from bad
    found = Invitation.objects.filter(pk=pk, accepted_at=None, expires_at__gt=at).first()
    if found is None:
        raise InvitationOver
    return found


def accept_invitation(
    token: str, *, name: str, password: str, client: str, at: datetime
) -> tuple[User, Invitation]:
    """The user, made or known, now a member. A known user proves the password they have.

    The user first, then the centre's own row, then the invitation is used up: what a crash leaves can be repeated.
    Raises InvitationOver, WeakPassword, WrongCredentials, LockedOut.
    """
    invitation = invitation_of(token, at=at)
    if User.objects.filter(email=invitation.email).exists():
        user = authenticate(invitation.email, password, client=client, at=at)
    else:
        passwords.check(password, email=invitation.email)
        user = create_user(invitation.email, name=name, password=password, at=at)
    joining.join(Joining(invitation.tenant_id, invitation.staff_id, user.pk, name), at=at)
    with tenancy.control(), tenancy.atomic():
        if not Invitation.objects.filter(pk=invitation.pk, accepted_at=None).update(accepted_at=at):
            raise InvitationOver
        join(user, invitation.tenant_id)
    return user, invitation


def join(user: User, tenant_id: int) -> None:
    join_by_id(user.pk, tenant_id)


def join_by_id(user_id: int, tenant_id: int) -> None:
    Membership.objects.get_or_create(user_id=user_id, tenant_id=tenant_id)


def leave(user_id: int, tenant_id: int) -> None:
    """No member any more; the sessions in that centre end at once."""
    Membership.objects.filter(user_id=user_id, tenant_id=tenant_id).delete()
    Session.objects.filter(user_id=user_id, tenant_id=tenant_id).delete()


def ask_reset(email: str, *, at: datetime) -> None:
    """Have a link sent, if there is such a user; the caller shows the same either way."""
    user = User.objects.filter(email=email.strip().casefold()[:254], is_active=True).first()
    if user:
        with tenancy.control(), tenancy.atomic():
            outbox.announce(PasswordResetAsked(user.pk), at=at)


def reset_token(user: User) -> str:
    return f"{user.pk}-{PasswordResetTokenGenerator().make_token(user)}"


def user_of_reset(token: str) -> User | None:
    """The user whose link this is, while it holds: two hours, and until the password changes."""
    pk, _, rest = token[:200].partition("-")
    user = User.objects.filter(pk=int(pk), is_active=True).first() if pk.isdigit() and len(pk) < 18 else None
    return user if user and PasswordResetTokenGenerator().check_token(user, rest) else None
