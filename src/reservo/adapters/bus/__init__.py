"""Messages between the processes of an installation: ids only, may be lost, healed from rows."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from reservo.adapters.bus.base import Bus
from reservo.adapters.bus.unix import UnixBus


@lru_cache(maxsize=1)
def current() -> Bus:
    return UnixBus(settings.RESERVO_DATA_DIR / "bus")
