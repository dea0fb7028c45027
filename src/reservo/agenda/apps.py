from django.apps import AppConfig


class AgendaConfig(AppConfig):
    name = "reservo.agenda"
    label = "agenda"
    plane = "tenant"

    def ready(self) -> None:
        from reservo.agenda import receivers, tasks  # noqa: F401
        from reservo.agenda.queries import visits
        from reservo.agenda.queries.trail import changes
        from reservo.audit import trail
        from reservo.catalog import queries as catalog
        from reservo.catalog import uses
        from reservo.catalog.forms import country_choices
        from reservo.patients import choices

        trail.source(changes)
        uses.come_from(coming=visits.coming, booked_online=visits.booked_online)
        choices.come_from(
            countries=country_choices,
            default_country=lambda: catalog.centre().country,
            practitioners=catalog.practitioner_names,
            visits_of=lambda staff, patient_id: list(visits.history_for(staff, patient_id)[:50]),
        )
