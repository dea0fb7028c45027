from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "reservo.audit"
    label = "audit"
    plane = "both"
