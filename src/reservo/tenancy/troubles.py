"""What keeps one centre from being worked on, now, and says nothing of the others."""

from django.db import DatabaseError

from reservo.tenancy.backends.guard import StaleEpoch
from reservo.tenancy.context import WrongTenant
from reservo.tenancy.servers import StoreUnavailable

OF_ONE_CENTRE = (StaleEpoch, DatabaseError, StoreUnavailable, WrongTenant)
