"""Changing the centre's own facts."""

from __future__ import annotations

from datetime import datetime

from reservo import tenancy
from reservo.audit.operations import record
from reservo.catalog.models import Centre, PrivacyText
from reservo.catalog.operations import pictures
from reservo.core.actor import Actor
from reservo.tenants import operations as tenants

LOGO_SIDE = 512


def save_centre(centre: Centre, *, by: Actor, at: datetime) -> None:
    with tenancy.atomic():
        centre.save()
        record("centre.saved", "centre", 1, by=by, at=at)
        _tell(centre, at)


def tell_again(at: datetime) -> None:
    """The centre's data were replaced."""
    _tell(Centre.objects.get(), at)


def _tell(centre: Centre, at: datetime) -> None:
    """The control plane, once the transaction under way has ended well, what it notes of the centre."""
    route = tenancy.current()
    if centre.zone != route.zone:
        tenancy.on_commit(lambda: tenants.set_zone(route.tenant_id, centre.zone, at=at))
    if centre.language != route.language:
        tenancy.on_commit(lambda: tenants.set_language(route.tenant_id, centre.language))


def set_logo(sent: bytes, *, by: Actor, at: datetime) -> None:
    """Raises InvalidPicture."""
    _put_logo(pictures.keep(sent, "logo", longest_side=LOGO_SIDE), by=by, at=at)


def remove_logo(*, by: Actor, at: datetime) -> None:
    _put_logo("", by=by, at=at)


def _put_logo(name: str, *, by: Actor, at: datetime) -> None:
    with tenancy.atomic():
        centre = Centre.objects.get()
        earlier, centre.logo = centre.logo, name
        centre.save(update_fields=["logo"])
        record("centre.logo", "centre", 1, by=by, at=at)
        pictures.drop(earlier)


def publish_privacy_text(words: str, language: str, *, by: Actor, at: datetime) -> PrivacyText:
    """A new version; the earlier ones stay, as people accepted them."""
    with tenancy.atomic():
        newest = PrivacyText.objects.order_by("-version").values_list("version", flat=True).first() or 0
        made = PrivacyText.objects.create(version=newest + 1, language=language, text=words, published_at=at)
        record("privacy.published", "privacy_text", made.pk, by=by, at=at, details={"version": made.version})
    return made
