from django.apps import AppConfig


class FleetConfig(AppConfig):
    name = "reservo.fleet"
    label = "fleet"
    plane = "control"
