from django.apps import AppConfig


class PatientsConfig(AppConfig):
    name = "reservo.patients"
    label = "patients"
    plane = "tenant"
