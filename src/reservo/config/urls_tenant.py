"""Addresses inside a centre; the centre's own word is already taken off the path."""

from django.urls import include, path

handler400 = "reservo.config.errors.bad_request"
handler403 = "reservo.config.errors.forbidden"
handler404 = "reservo.config.errors.not_found"
handler500 = "reservo.config.errors.broken"

urlpatterns = [
    path("", include("reservo.ui.urls")),
    path("", include("reservo.staff.urls_account")),
    path("", include("reservo.notifications.urls")),
    path("agenda/", include("reservo.agenda.urls")),
    path("pacientes/", include("reservo.patients.urls")),
    path("usuarios/", include("reservo.staff.urls")),
    path("configuracion/", include("reservo.catalog.urls")),
    path("configuracion/", include("reservo.booking.urls_settings")),
    path("configuracion/", include("reservo.crm.urls")),
    path("configuracion/", include("reservo.support.urls")),
    path("registro/", include("reservo.staff.urls_audit")),
    path("", include("reservo.booking.urls")),
]
