from django.urls import path

from reservo.ui import views

urlpatterns = [
    path("sw.js", views.worker, name="worker"),
    path("sin-conexion", views.offline, name="offline"),
]
