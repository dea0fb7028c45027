from django.urls import path

from reservo.catalog.views import centre, days, lists, practitioners, services, setup

app_name = "catalog"

urlpatterns = [
    path("", setup.index, name="index"),
    path("paso/<slug:step>/saltar", setup.skip, name="skip"),
    path("centro", centre.edit, name="centre"),
    path("privacidad", centre.privacy, name="privacy_text"),
    path("feriados", days.holidays, name="holidays"),
    path("feriados/<int:object_id>/quitar", days.holiday_remove, name="holiday_remove"),
    path("profesionales/<int:practitioner_id>/excepciones", practitioners.exceptions, name="exceptions"),
    path("excepciones/<int:object_id>/quitar", practitioners.exception_remove, name="exception_remove"),
    path("profesionales/nuevo", practitioners.edit, name="practitioner_create"),
    path("profesionales/<int:object_id>", practitioners.edit, name="practitioner"),
    path("tratamientos/nuevo", services.edit, name="service_create"),
    path("tratamientos/<int:object_id>", services.edit, name="service"),
    path("lista/<slug:kind>", lists.index, name="list"),
    path("lista/<slug:kind>/nuevo", lists.edit, name="create"),
    path("lista/<slug:kind>/<int:object_id>", lists.edit, name="edit"),
    path("lista/<slug:kind>/<int:object_id>/eliminar", lists.remove, name="remove"),
]
