from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "reservo.catalog"
    label = "catalog"
    plane = "tenant"
