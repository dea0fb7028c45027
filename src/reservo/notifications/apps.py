from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "reservo.notifications"
    label = "notifications"
    plane = "tenant"

    def ready(self) -> None:
        from reservo.notifications import account_mails, receivers, sending  # noqa: F401

        account_mails.register_kinds()
