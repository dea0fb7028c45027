"""Addresses outside any centre."""

from django.urls import include, path

from reservo.config import health
from reservo.ui.views import landing

handler400 = "reservo.config.errors.bad_request"
handler403 = "reservo.config.errors.forbidden"
handler404 = "reservo.config.errors.not_found"
handler500 = "reservo.config.errors.broken"

urlpatterns = [
    path("", landing, name="landing"),
    path("live", health.live, name="live"),
    path("ready", health.ready, name="ready"),
    path("", include("reservo.accounts.urls_global")),
    path("mailbox/", include("reservo.notifications.urls_mailbox")),
    path("operador/", include("reservo.console.urls")),
    path("api/v1/", include("reservo.api.urls")),
]
