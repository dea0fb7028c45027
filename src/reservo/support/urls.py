from django.urls import path

from reservo.support import views

app_name = "support"
urlpatterns = [
    path("soporte", views.index, name="index"),
    path("soporte/<int:access_id>/permitir", views.grant, name="grant"),
    path("soporte/<int:access_id>/negar", views.deny, name="deny"),
    path("soporte/<int:access_id>/terminar", views.end, name="end"),
]
