from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Holds the commands; it has no models."""

    name = "reservo.config"
    label = "config"
    plane = "control"
