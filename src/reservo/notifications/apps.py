from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "reservo.notifications"
    label = "notifications"
    plane = "tenant"

    def ready(self) -> None:
        from reservo.fleet.backups import world
        from reservo.notifications import account_mails, receivers, sending, sent  # noqa: F401
        from reservo.notifications.models import Delivery

        account_mails.register_kinds()
        world.done_outside(Delivery, sent.left_since, identity=sent.IDENTITY)
