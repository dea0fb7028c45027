"""Changing the centre's own facts."""

from __future__ import annotations

import uuid
from datetime import datetime

from reservo import tenancy
from reservo.adapters import files
from reservo.audit.operations import record
from reservo.catalog.models import Centre, PrivacyText
from reservo.core import pictures
from reservo.core.actor import Actor
from reservo.tenants import operations as tenants


def save_centre(centre: Centre, *, by: Actor, at: datetime) -> None:
    with tenancy.atomic():
        centre.save()
        record("centre.saved", "centre", 1, by=by, at=at)
        if centre.zone != tenancy.current().zone:
            tenancy.on_commit(lambda: tenants.set_zone(tenancy.current().tenant_id, centre.zone, at=at))
        if centre.language != tenancy.current().language:
            tenancy.on_commit(lambda: tenants.set_language(tenancy.current().tenant_id, centre.language))


def set_logo(sent: bytes, *, by: Actor, at: datetime) -> None:
    """Raises InvalidPicture."""
    content = pictures.rewritten(sent)
    name = f"logo-{uuid.uuid4().hex}.png"
    files.current().write(key_of(name), content)
    with tenancy.atomic():
        centre = Centre.objects.get()
        earlier, centre.logo = centre.logo, name
        centre.save(update_fields=["logo"])
        record("centre.logo", "centre", 1, by=by, at=at)
        if earlier:
            tenancy.on_commit(lambda: files.current().delete(key_of(earlier)))


def key_of(name: str) -> str:
    """In the file store. Rows hold the name alone, so that they stay true when the centre gets another address."""
    return f"{tenancy.current().slug}/{name}"


def publish_privacy_text(words: str, language: str, *, by: Actor, at: datetime) -> PrivacyText:
    """A new version; the earlier ones stay, as people accepted them."""
    with tenancy.atomic():
        newest = PrivacyText.objects.order_by("-version").values_list("version", flat=True).first() or 0
        made = PrivacyText.objects.create(version=newest + 1, language=language, text=words, published_at=at)
        record("privacy.published", "privacy_text", made.pk, by=by, at=at, details={"version": made.version})
    return made
