"""The settings that ship, an empty view inside the centre, and tasks to count."""

from reservo.config.settings import *  # noqa: F403
from reservo.config.settings import INSTALLED_APPS as SHIPPED_APPS

INSTALLED_APPS = [*SHIPPED_APPS, "bench"]
ROOT_URLCONF = "bench.urls"
TENANT_URLCONF = "bench.urls_tenant"
