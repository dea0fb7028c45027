from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "reservo.staff"
    label = "staff"
    plane = "tenant"

    def ready(self) -> None:
        from reservo.accounts import joining
        from reservo.audit import trail
        from reservo.fleet import arrivals
        from reservo.staff import arriving, operations, roles
        from reservo.staff.trail import actions
        from reservo.tenants import founding

        founding.step(roles.found_roles)
        arrivals.step(arriving.know_users)
        trail.source(actions)
        joining.step(operations.welcome_invited)
