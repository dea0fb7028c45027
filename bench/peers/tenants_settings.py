"""A site with django-tenants, on the same server and kind of database as ours."""

import os

SECRET_KEY = "bench"
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "bench.peers.tenants_urls"
SHARED_APPS = ["django_tenants", "django.contrib.contenttypes", "bench.peers.tenants_shared"]
TENANT_APPS = ["bench.peers.tenants_data"]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS]
TENANT_MODEL = "tenants_shared.Client"
TENANT_DOMAIN_MODEL = "tenants_shared.Domain"
MIDDLEWARE = [
    "django_tenants.middleware.main.TenantMainMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
DATABASE_ROUTERS = ("django_tenants.routers.TenantSyncRouter",)
DATABASES = {
    "default": {
        "ENGINE": "django_tenants.postgresql_backend",
        "NAME": "peer",
        "USER": "postgres",
        "HOST": "127.0.0.1",
        "PORT": os.environ["PEER_PORT"],
        "CONN_MAX_AGE": None,
    }
}
MIGRATION_MODULES = {"tenants_shared": None, "tenants_data": None}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
LOGGING = {"version": 1, "disable_existing_loggers": True, "root": {"level": "ERROR", "handlers": []}}
