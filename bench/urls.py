"""Addresses that ship, and an empty answer behind the same entrance as the public interface."""

from django.urls import path

from bench import views
from reservo.config import urls as shipped

handler400, handler403 = shipped.handler400, shipped.handler403
handler404, handler500 = shipped.handler404, shipped.handler500

urlpatterns = [path("api/v1/public/<str:tenant>/empty", views.empty_api), *shipped.urlpatterns]
