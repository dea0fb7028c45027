from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "reservo.catalog"
    label = "catalog"
    plane = "tenant"

    def ready(self) -> None:
        from reservo.catalog import founding, queries
        from reservo.jobs import recurring
        from reservo.tenants import founding as tenants

        tenants.step(founding.found_centre)
        recurring.branches_from(queries.places)
