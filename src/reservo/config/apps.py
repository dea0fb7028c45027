from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Holds the commands; it has no models."""

    name = "reservo.config"
    label = "config"
    plane = "control"

    def ready(self) -> None:
        from reservo.accounts import naming
        from reservo.booking import promises
        from reservo.config import centres, promised
        from reservo.crm import deadlines

        naming.names_from(centres.names_of)
        promises.come_from(promised.confirmation_minutes)
        deadlines.come_from(promised.deadlines)
