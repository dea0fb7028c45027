from django.apps import AppConfig


class BookingConfig(AppConfig):
    name = "reservo.booking"
    label = "booking"
    plane = "tenant"
