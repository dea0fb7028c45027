"""Events, written in the transaction of the change they tell of."""

import uuid_utils.compat as uuid
from django.db import models

from reservo.tenancy.models import TenantModel


class Event(TenantModel):
    public_id = models.UUIDField(default=uuid.uuid7, unique=True, editable=False)
    kind = models.CharField(max_length=60)
    schema = models.PositiveSmallIntegerField(default=1)
    payload = models.JSONField()
    at = models.DateTimeField(db_index=True)
    trace = models.CharField(max_length=32, blank=True, default="")

    def __str__(self) -> str:
        return self.kind
