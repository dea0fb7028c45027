from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "reservo.accounts"
    label = "accounts"
    plane = "control"
