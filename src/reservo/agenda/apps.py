from django.apps import AppConfig


class AgendaConfig(AppConfig):
    name = "reservo.agenda"
    label = "agenda"
    plane = "tenant"

    def ready(self) -> None:
        from reservo.agenda import receivers, tasks  # noqa: F401
        from reservo.agenda.queries import visits
        from reservo.catalog import queries as catalog
        from reservo.catalog.forms import country_choices
        from reservo.patients import choices

        choices.come_from(
            countries=country_choices,
            default_country=lambda: catalog.centre().country,
            practitioners=lambda: list(catalog.practitioners().values_list("pk", "name")),
            visits_of=lambda patient_id: list(visits.history_of(patient_id)[:50]),
        )
