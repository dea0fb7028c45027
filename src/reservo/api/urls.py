from django.urls import path

from reservo.api import document, public

urlpatterns = [
    path("openapi.json", document.openapi, name="openapi"),
    path("public/<str:tenant>", public.centre, name="api_centre"),
    path("public/<str:tenant>/availability", public.availability, name="api_availability"),
    path("public/<str:tenant>/appointments", public.appointments, name="api_appointments"),
]
