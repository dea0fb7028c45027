from django.apps import AppConfig


class BenchConfig(AppConfig):
    """Its tasks are declared wherever the bench's settings are used: in the worker too."""

    name = "bench"
    plane = "tenant"

    def ready(self) -> None:
        from bench import tasks  # noqa: F401
