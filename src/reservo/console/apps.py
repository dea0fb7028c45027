from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "reservo.console"
    label = "console"
    plane = "control"

    def ready(self) -> None:
        from reservo.console import mails, observing
        from reservo.jobs import sweeping

        mails.register_kinds()
        sweeping.look(observing.observe)
