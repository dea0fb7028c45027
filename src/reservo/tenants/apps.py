from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "reservo.tenants"
    label = "tenants"
    plane = "control"
