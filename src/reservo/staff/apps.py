from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "reservo.staff"
    label = "staff"
    plane = "tenant"

    def ready(self) -> None:
        from reservo.accounts import joining
        from reservo.audit import trail
        from reservo.staff import operations, roles
        from reservo.staff.trail import actions
        from reservo.tenants import founding

        founding.step(roles.found_roles)
        trail.source(actions)
        joining.step(operations.welcome_invited)
