"""A form that is far too long gets its answer, not a broken connection."""

from __future__ import annotations

import httpx
import pytest

pytestmark = pytest.mark.server


def test_a_form_of_ten_megabytes_is_answered_with_a_page(centre, pages):
    cookie = centre.client("receptionist").cookies["reservo_session"].value
    with httpx.Client(base_url=pages.url, timeout=30) as http:
        for path in ("login", "pacientes/nuevo"):
            refused = http.post(
                f"/{centre.slug}/{path}",
                data={"given_name": "x" * 10_000_000},
                headers={"Cookie": f"reservo_session={cookie}"},
            )
            assert refused.status_code in (403, 413)
            assert "<h1" in refused.text
