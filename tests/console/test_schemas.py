"""Migrations from the console: who is behind, how far a run is, what failed."""

import pytest

from reservo.console.queries import centres
from reservo.core.clock import now
from reservo.fleet.models import MigrationRun, TenantMigration
from reservo.tenancy.models import Placement
from tests.console.cast import HOME


@pytest.fixture
def late(centre):
    """A centre that says it has the tables of another release."""
    before = Placement.objects.get(pk=centre.route.tenant_id).schema
    Placement.objects.filter(pk=centre.route.tenant_id).update(schema="older")
    yield centre
    Placement.objects.filter(pk=centre.route.tenant_id).update(schema=before)


def test_a_centre_is_of_this_release_or_behind(console, late, other):
    at = now()
    assert centres.row_of(late.slug, at=at).is_behind
    assert not centres.row_of(other.slug, at=at).is_behind
    shown = console.get(f"{HOME}migraciones/").content.decode()
    assert f"{late.slug}/" in shown
    assert f"{other.slug}/" not in shown


def test_a_run_shows_its_progress_and_what_failed(console, late):
    at = now()
    run = MigrationRun.objects.create(to_schema="newer", state="rest", processes=2, started_at=at)
    facts = {"run": run, "not_before": at, "error": "OperationalError: disk full"}
    TenantMigration.objects.create(tenant_id=late.route.tenant_id, slug=late.slug, state="failed", **facts)
    TenantMigration.objects.create(tenant_id=1, slug="otro", state="done", run=run, not_before=at)
    shown = console.get(f"{HOME}migraciones/{run.pk}/").content.decode()
    assert "OperationalError: disk full" in shown
    assert "1 / 2" in shown
    assert "every 2s" in shown
    MigrationRun.objects.filter(pk=run.pk).update(state="done", finished_at=at)
    assert "every 2s" not in console.get(f"{HOME}migraciones/{run.pk}/").content.decode()
    run.delete()


def test_a_run_that_is_not_there_is_404(console):
    assert console.get(f"{HOME}migraciones/999999/").status_code == 404
