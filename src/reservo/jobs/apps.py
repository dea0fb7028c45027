from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "reservo.jobs"
    label = "jobs"
    plane = "both"
