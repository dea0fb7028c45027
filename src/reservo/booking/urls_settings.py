from django.urls import path

from reservo.booking.views import settings

urlpatterns = [path("reserva", settings.edit, name="booking_settings")]
