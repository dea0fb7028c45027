"""A request that meets its centre's change of place is asked once more, with all that it brought."""

from __future__ import annotations

import io
import random

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import RequestFactory
from PIL import Image

from reservo import tenancy
from reservo.catalog.models import Centre
from reservo.config import errors
from reservo.config.middleware.centre import TenantMiddleware
from reservo.config.middleware.language import LanguageMiddleware
from reservo.config.middleware.refusals import LITTLE_BYTES, RefusalMiddleware
from reservo.tenancy import directory, namespaces
from reservo.tenancy.models import Placement
from tests.ui.forms import editing


@pytest.fixture
def behind(centre, monkeypatch):
    """This node still believes what was true before the centre got another epoch."""
    stale = directory.find(centre.slug)
    namespaces.raise_epoch(stale, stale.epoch + 1)
    Placement.objects.filter(pk=stale.tenant_id).update(epoch=stale.epoch + 1)
    centre.route = directory.by_id(stale.tenant_id)
    monkeypatch.setattr(directory, "find", lambda slug: stale)
    return centre


def noise():
    """A picture that does not shrink: more than what a server reads ahead."""
    pixels = random.Random(7).randbytes(200 * 200 * 3)
    out = io.BytesIO()
    Image.frombytes("RGB", (200, 200), pixels).save(out, "PNG")
    assert len(out.getvalue()) > LITTLE_BYTES
    return out.getvalue()


def test_an_uploaded_picture_arrives_whole_at_the_second_asking(behind):
    client, page = behind.client("administrator"), behind.url("configuracion/centro")
    form = editing(client.get(page).content.decode())
    sent = SimpleUploadedFile("logo.png", noise(), "image/png")
    assert client.post(page, {**form.data, "name": "Otro", "logo": sent}).status_code == 302
    with behind.active():
        assert Centre.objects.get().name == "Otro"
    assert Image.open(io.BytesIO(client.get(behind.url("logo.png")).content)).size == (200, 200)


def test_what_was_not_read_yet_when_it_was_refused_is_there_at_the_second_asking(behind):
    read = []

    def answer(request):
        if tenancy.current() != behind.route:
            request.refused_by = "place"
            return errors.changing_place(request)
        read.append(request.POST["text"])
        return HttpResponse("saved")

    asked = RequestFactory().post(behind.url("agenda/"), {"text": "x" * (2 * LITTLE_BYTES)})
    assert LanguageMiddleware(TenantMiddleware(RefusalMiddleware(answer)))(asked).status_code == 200
    assert read == ["x" * (2 * LITTLE_BYTES)]


def test_who_is_refused_for_good_is_heard_out(centre, monkeypatch):
    monkeypatch.setattr("reservo.config.middleware.centre.LONGEST_PAUSE_SECONDS", 0.05)

    def answer(request):
        request.refused_by = "place"
        return errors.changing_place(request)

    asked = RequestFactory().post(centre.url("agenda/"), {"text": "x" * (2 * LITTLE_BYTES)})
    assert LanguageMiddleware(TenantMiddleware(RefusalMiddleware(answer)))(asked).status_code == 503
    assert asked._stream.read() == b""
