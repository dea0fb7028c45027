from django.apps import AppConfig


class ForeignConfig(AppConfig):
    name = "reservo.foreign"
    label = "foreign"
    plane = "tenant"
