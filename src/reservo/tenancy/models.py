"""Stores and placements (control plane); the namespace's own marks; the base of every centre's model."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models

from reservo.tenancy import context


class TenantQuerySet(models.QuerySet):
    """Remembers the centre it was made for; the compilers compare.

    One made while no centre is active (a form's field, at import) is nobody's: it runs for whoever is active then.
    """

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> Any:
        objs = list(objs)
        for row in objs:
            check_stamp(row)
        made = super().bulk_create(objs, *args, **kwargs)
        for row in made:
            row._state.made_for = context.plane_key()  # type: ignore[attr-defined]
        return made

    def bulk_update(self, objs: Any, *args: Any, **kwargs: Any) -> int:
        objs = tuple(objs)
        for row in objs:
            check_stamp(row)
        return super().bulk_update(objs, *args, **kwargs)

    def _filter_or_exclude(self, negate: bool, args: Any, kwargs: Any) -> Any:
        _check_values(args)
        _check_values(kwargs.values())
        return super()._filter_or_exclude(negate, args, kwargs)  # type: ignore[misc]

    def _merge_sanity_check(self, other: Any) -> None:
        """Before two queries become one (`|`, `&`, `^`)."""
        super()._merge_sanity_check(other)  # type: ignore[misc]
        made_for = getattr(other.query, "made_for", None)
        if made_for is not None and made_for != context.plane_key():
            raise context.WrongTenant(f"a query made for centre {made_for} met one of another")

    def raw(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError("a raw query carries no stamp: use a cursor of the active centre")


class TenantManager(models.Manager.from_queryset(TenantQuerySet)):  # type: ignore[misc]
    use_in_migrations = False

    def get_queryset(self) -> models.QuerySet:
        queryset: models.QuerySet = super().get_queryset()
        queryset.query.made_for = context.plane_key_or_none()  # type: ignore[attr-defined]
        return queryset


def _check_values(values: Any) -> None:
    """Rows that a query is asked for, wherever they stand in its conditions."""
    for value in values:
        if isinstance(value, models.Model):
            check_stamp(value)
        elif isinstance(value, models.Q):
            _check_values(value.children)
        elif isinstance(value, (list, tuple, set, frozenset)):
            _check_values(value)


def check_stamp(row: models.Model) -> None:
    stamp = getattr(row._state, "made_for", None)
    if stamp is not None and stamp != context.plane_key():
        raise context.WrongTenant(f"a row of centre {stamp} was used in centre {context.plane_key()}")


class TenantModel(models.Model):
    """Base of every model of the tenant plane (and of those on both planes)."""

    objects = TenantManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    @classmethod
    def from_db(cls, db: str | None, field_names: Any, values: Any, **rest: Any) -> Any:
        row = super().from_db(db, field_names, values, **rest)
        row._state.made_for = context.plane_key()  # type: ignore[attr-defined]
        return row

    def save_base(self, *args: Any, **kwargs: Any) -> None:
        check_stamp(self)
        super().save_base(*args, **kwargs)
        self._state.made_for = context.plane_key()  # type: ignore[attr-defined]

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        check_stamp(self)
        return super().delete(*args, **kwargs)


class Store(models.Model):
    """A place for centres: an engine, an address, and how many it may hold."""

    plane = "control"

    class Engine(models.TextChoices):
        SQLITE = "sqlite", "SQLite"
        POSTGRESQL = "postgresql", "PostgreSQL"
        MARIADB = "mariadb", "MariaDB"

    name = models.SlugField(max_length=40, unique=True)
    engine = models.CharField(max_length=12, choices=Engine.choices)
    address = models.CharField(max_length=500, help_text="directory, host:port/database, or host:port")
    login = models.CharField(max_length=60, blank=True, default="")
    sealed_password = models.CharField(max_length=400, blank=True, default="")
    provisioner = models.CharField(max_length=60, blank=True, default="")
    sealed_provisioner_password = models.CharField(max_length=400, blank=True, default="")
    replica = models.CharField(max_length=500, blank=True, default="", help_text="address of its standby")
    steward = models.CharField(
        max_length=60, blank=True, default="", help_text="log-in that may promote the standby"
    )
    sealed_steward_password = models.CharField(max_length=400, blank=True, default="")
    capacity = models.PositiveIntegerField()
    is_dedicated = models.BooleanField(default=False)
    is_draining = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(capacity__gte=1), name="store_capacity_positive")
        ]

    def __str__(self) -> str:
        return self.name


class Placement(models.Model):
    """Where one centre lives. Its key is the centre's identity on every plane."""

    plane = "control"

    class State(models.TextChoices):
        ACTIVE = "active"
        MAINTENANCE = "maintenance"
        DISABLED = "disabled"

    id = models.BigAutoField(primary_key=True)
    slug = models.SlugField(max_length=60, unique=True)
    host = models.CharField(max_length=253, blank=True, default="")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="placements")
    namespace = models.CharField(max_length=80)
    state = models.CharField(max_length=12, choices=State.choices, default=State.ACTIVE)
    zone = models.CharField(max_length=60)
    language = models.CharField(max_length=2, default="es")
    frame_sites = models.TextField(blank=True, default="", help_text="origins, with spaces between them")
    epoch = models.PositiveBigIntegerField(default=1)
    schema = models.CharField(max_length=16, blank=True, default="", help_text="version of its tables")
    first_schema = models.CharField(
        max_length=16, blank=True, default="", help_text="the one it was made with"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["store", "namespace"], name="placement_namespace_unique")
        ]

    def __str__(self) -> str:
        return self.slug

    def route(self) -> context.Route:
        return context.Route(
            tenant_id=self.pk,
            slug=self.slug,
            state=self.state,
            zone=self.zone,
            epoch=self.epoch,
            engine=self.store.engine,
            address=self.store.address,
            namespace=self.namespace,
            store=self.store.name,
            schema=self.schema,
            language=self.language,
            frame_sites=self.frame_sites,
            replica=self.store.replica,
        )


class NamespaceEpoch(models.Model):
    """The one row that says whose namespace this is and which epoch may write to it."""

    plane = "tenant"

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    tenant_id = models.PositiveBigIntegerField()
    epoch = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="namespace_epoch_single")]


class Counter(TenantModel):
    """Consecutive numbers inside one centre; taken in the transaction that uses them, so none is skipped."""

    plane = "tenant"

    name = models.CharField(max_length=40, primary_key=True)
    value = models.PositiveBigIntegerField(default=0)
