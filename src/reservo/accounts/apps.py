from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "reservo.accounts"
    label = "accounts"
    plane = "control"

    def ready(self) -> None:
        from reservo.accounts import forgetting  # noqa: F401
