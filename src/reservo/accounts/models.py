"""People who log in, the centres they belong to, and what guards the door."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models


class User(AbstractBaseUser):
    """One person with one log-in, in any number of centres."""

    email = models.CharField(max_length=254, unique=True, help_text="in lower case")
    name = models.CharField(max_length=80)
    language = models.CharField(max_length=2, blank=True, default="", help_text="empty: the centre's")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    objects = models.Manager()
    USERNAME_FIELD = "email"

    def __str__(self) -> str:
        return self.email


class Membership(models.Model):
    """That a user belongs to a centre; what they may do there is a row of the centre."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    tenant_id = models.PositiveBigIntegerField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "tenant_id"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.tenant_id}"


class Invitation(models.Model):
    """An address asked to join a centre as a member of staff that already waits there."""

    tenant_id = models.PositiveBigIntegerField(db_index=True)
    staff_id = models.PositiveBigIntegerField()
    email = models.CharField(max_length=254)
    name = models.CharField(max_length=120, blank=True, default="", help_text="as they were invited")
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.email


class LogInAttempts(models.Model):
    """Failures of one address of mail or one client, and until when it must wait."""

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.failures}"


class Session(AbstractBaseSession):
    """A log-in on one device; bound to one user in one centre, or to one of the operator's people."""

    user_id = models.PositiveBigIntegerField(null=True, db_index=True)
    operator_id = models.PositiveBigIntegerField(null=True, db_index=True)
    tenant_id = models.PositiveBigIntegerField(null=True)
    began_at = models.DateTimeField(null=True)
    agent = models.CharField(max_length=200, blank=True, default="")

    objects = BaseSessionManager()

    @classmethod
    def get_session_store_class(cls):
        from reservo.accounts.sessions import SessionStore

        return SessionStore
