from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "reservo.outbox"
    label = "outbox"
    plane = "both"
