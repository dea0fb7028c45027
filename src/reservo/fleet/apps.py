from django.apps import AppConfig


class FleetConfig(AppConfig):
    name = "reservo.fleet"
    label = "fleet"
    plane = "control"

    def ready(self) -> None:
        from reservo.fleet.orders import centres, destroying  # noqa: F401
