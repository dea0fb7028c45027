from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "reservo.crm"
    label = "crm"
    plane = "tenant"

    def ready(self) -> None:
        from reservo.crm import composing, receivers, tasks  # noqa: F401
        from reservo.crm.models import AutomaticMail
        from reservo.tenants import founding

        founding.step(lambda tenant, zone: AutomaticMail.objects.create())
        composing.register_kinds()
