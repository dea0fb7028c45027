from django.apps import AppConfig


class AgendaConfig(AppConfig):
    name = "reservo.agenda"
    label = "agenda"
    plane = "tenant"

    def ready(self) -> None:
        from reservo.agenda import receivers, tasks  # noqa: F401
