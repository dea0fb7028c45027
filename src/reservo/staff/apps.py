from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "reservo.staff"
    label = "staff"
    plane = "tenant"

    def ready(self) -> None:
        from reservo.fleet import arrivals
        from reservo.staff import arriving, roles
        from reservo.tenants import founding

        founding.step(roles.found_roles)
        arrivals.step(arriving.know_users)
