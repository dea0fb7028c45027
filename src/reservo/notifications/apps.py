from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "reservo.notifications"
    label = "notifications"
    plane = "tenant"
