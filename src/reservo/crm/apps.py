from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "reservo.crm"
    label = "crm"
    plane = "tenant"
