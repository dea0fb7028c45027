"""Settings, all of them from the environment with defaults for one machine."""

from __future__ import annotations

import os
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from reservo.config import environment

SOURCES = Path(__file__).parent.parent
DATA_DIR = environment.data_dir()
RESERVO_DATA_DIR = DATA_DIR
RESERVO_PUBLIC_URL = environment.public_url()
RESERVO_EVENTS_URL = environment.events_url()
RESERVO_EVENTS_URL_GIVEN = bool(os.environ.get("RESERVO_EVENTS_URL"))
RESERVO_EVENTS_PORT = environment.events_port()
RESERVO_DEMO = environment.is_demo(DATA_DIR)
RESERVO_THREADS = int(os.environ.get("RESERVO_THREADS", "3"))
RESERVO_CLOCK_OFFSET = environment.clock_offset(RESERVO_DEMO)
RESERVO_MAIL_FROM = os.environ.get("RESERVO_MAIL_FROM", "reservo@localhost.localdomain")
RESERVO_SMTP_URL = os.environ.get("RESERVO_SMTP_URL", "")
RESERVO_MAIL_PER_SECOND = float(os.environ.get("RESERVO_MAIL_PER_SECOND", "0"))
RESERVO_RATE_LIMITS = os.environ.get("RESERVO_RATE_LIMITS", "on") != "off"
RESERVO_BACKUP_PLACES = environment.backup_places()
RESERVO_TRUSTED_PROXIES = environment.networks("RESERVO_TRUSTED_PROXIES")
RESERVO_SECURE = RESERVO_PUBLIC_URL.startswith("https:")

SECRET_KEY = environment.secret_key(DATA_DIR)
DEBUG = False
ALLOWED_HOSTS = environment.allowed_hosts(RESERVO_PUBLIC_URL)
CSRF_TRUSTED_ORIGINS = [RESERVO_PUBLIC_URL]
INSTALLED_APPS = [
    "reservo.config",
    "reservo.tenancy",
    "reservo.outbox",
    "reservo.jobs",
    "reservo.audit",
    "reservo.ui",
    "reservo.tenants",
    "reservo.accounts",
    "reservo.fleet",
    "reservo.staff",
    "reservo.notifications",
    "reservo.catalog",
    "reservo.patients",
    "reservo.agenda",
    "reservo.booking",
    "reservo.crm",
    "reservo.support",
    "reservo.console",
    "reservo.foreign",
    "django_htmx",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "reservo.config.middleware.security.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "reservo.config.middleware.traces.TraceMiddleware",
    "reservo.config.middleware.nulls.NullsMiddleware",
    "reservo.config.middleware.language.LanguageMiddleware",
    "reservo.config.middleware.centre.TenantMiddleware",
    "reservo.config.middleware.cookies.CentreSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "reservo.config.middleware.cookies.CentreCsrfMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "reservo.config.middleware.refusals.RefusalMiddleware",
    "reservo.config.middleware.rules.AccessRuleMiddleware",
]
ROOT_URLCONF = "reservo.config.urls"
TENANT_URLCONF = "reservo.config.urls_tenant"
WSGI_APPLICATION = "reservo.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "reservo.config.shell.shell",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASE_ROUTERS = ["reservo.tenancy.router.PlaneRouter"]
DATABASES = {
    "default": environment.control_database(DATA_DIR),
    "tenant": {"ENGINE": "reservo.tenancy.backends.unbound"},
}

LANGUAGE_CODE = "es"
LANGUAGES = [("es", _("Español")), ("en", _("English"))]
LOCALE_PATHS = [str(path) for path in sorted(SOURCES.glob("*/locale"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = environment.static_root()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": environment.static_storage(STATIC_ROOT)},
}
WHITENOISE_USE_FINDERS = environment.serve_from_sources(STATIC_ROOT)
WHITENOISE_MAX_AGE = 60

SESSION_ENGINE = "reservo.accounts.sessions"
SESSION_COOKIE_NAME = "reservo_session"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = RESERVO_SECURE
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
CSRF_COOKIE_NAME = "reservo_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = RESERVO_SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "reservo.config.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
PASSWORD_RESET_TIMEOUT = 2 * 3600
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SILENCED_SYSTEM_CHECKS = ["models.W042"]
LOGGING_CONFIG = None
environment.configure_logging()
