"""Which plane a model lives on: its own mark, or its app's."""

from __future__ import annotations

from django.apps import AppConfig, apps
from django.db import models

PLANES = ("control", "tenant", "both")


class NoPlane(RuntimeError):
    """A model says nothing of its plane, and its app neither."""


def plane_of(model: type[models.Model]) -> str:
    plane = getattr(model, "plane", None) or getattr(
        apps.get_app_config(model._meta.app_label), "plane", None
    )
    if plane not in PLANES:
        raise NoPlane(model._meta.label)
    return str(plane)


def has_tables_of_centres(app: AppConfig) -> bool:
    return any(plane_of(model) != "control" for model in app.get_models() if _says_its_plane(model, app))


def _says_its_plane(model: type[models.Model], app: AppConfig) -> bool:
    return hasattr(model, "plane") or hasattr(app, "plane")


def plane_named(app_label: str, model_name: str | None) -> str | None:
    """Plane of a model by name; for a model that is gone, that of its app; None if neither says."""
    if model_name:
        try:
            return plane_of(apps.get_model(app_label, model_name))
        except LookupError:
            pass
    return getattr(apps.get_app_config(app_label), "plane", None)
