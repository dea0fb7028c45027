from django.apps import AppConfig


class AgendaConfig(AppConfig):
    name = "reservo.agenda"
    label = "agenda"
    plane = "tenant"
