from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "reservo.support"
    label = "support"
    plane = "tenant"

    def ready(self) -> None:
        from reservo.fleet import arrivals
        from reservo.fleet.backups import world
        from reservo.staff import access
        from reservo.support import arriving, mails, queries, visiting
        from reservo.support.models import SupportAccess

        mails.register_kinds()
        access.visitors_from(visiting.visitor_of)
        arrivals.step(arriving.forget_consent)
        world.done_outside(SupportAccess, queries.asked_since, identity=("operator_id", "asked_at"))
