from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "reservo.staff"
    label = "staff"
    plane = "tenant"

    def ready(self) -> None:
        from reservo.accounts import joining
        from reservo.staff import operations, roles
        from reservo.tenants import founding

        founding.step(roles.found_roles)
        joining.step(operations.welcome_invited)
