"""Addresses inside a centre that ship, and an empty answer behind the same middleware."""

from django.urls import path

from bench import views
from reservo.config import urls_tenant as shipped

handler400, handler403 = shipped.handler400, shipped.handler403
handler404, handler500 = shipped.handler404, shipped.handler500

urlpatterns = [path("bench/empty", views.empty), path("bench/one", views.one), *shipped.urlpatterns]
