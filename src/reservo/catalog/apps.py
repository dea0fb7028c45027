from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "reservo.catalog"
    label = "catalog"
    plane = "tenant"

    def ready(self) -> None:
        from reservo.catalog import founding, models, queries
        from reservo.catalog.operations import centre
        from reservo.fleet import arrivals
        from reservo.jobs import recurring
        from reservo.staff import calling, naming
        from reservo.staff import places as staff_places
        from reservo.tenants import founding as tenants

        tenants.step(founding.found_centre)
        arrivals.telling(centre.tell_again)
        recurring.branches_from(queries.places)
        calling.words_from(queries.called)
        naming.names_of(
            branch=models.Branch,
            centre=models.Centre,
            practitioner=models.Practitioner,
            room=models.Room,
            roomkind=models.RoomKind,
            service=models.Service,
            servicecategory=models.ServiceCategory,
        )
        staff_places.choices_from(
            branches=lambda: list(queries.branches().values_list("pk", "name")),
            practitioners=lambda: list(queries.practitioners().values_list("pk", "name")),
        )
