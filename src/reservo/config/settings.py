"""Settings, all of them from the environment with defaults for one machine."""

from __future__ import annotations

import os

from reservo.config import environment

DATA_DIR = environment.data_dir()
RESERVO_DATA_DIR = DATA_DIR
RESERVO_PUBLIC_URL = environment.public_url()
RESERVO_DEMO = environment.is_demo(DATA_DIR)
RESERVO_THREADS = int(os.environ.get("RESERVO_THREADS", "3"))
RESERVO_CLOCK_OFFSET = environment.clock_offset(RESERVO_DEMO)

SECRET_KEY = environment.secret_key(DATA_DIR)
DEBUG = False
ALLOWED_HOSTS = environment.allowed_hosts(RESERVO_PUBLIC_URL)
INSTALLED_APPS = ["reservo.tenancy"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASE_ROUTERS = ["reservo.tenancy.router.PlaneRouter"]
DATABASES = {
    "default": {
        "ENGINE": "reservo.tenancy.backends.control",
        "NAME": str(DATA_DIR / "control.db"),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;",
        },
    },
    "tenant": {"ENGINE": "reservo.tenancy.backends.unbound"},
}
LANGUAGE_CODE = "es"
USE_TZ = True
TIME_ZONE = "UTC"
