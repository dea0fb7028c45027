from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "reservo.ui"
    label = "ui"
    plane = "control"
