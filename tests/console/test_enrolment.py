"""The key of the second factor as a picture: what it says, and that it is nowhere else."""

import html
import re

import pytest
import segno
from django.test import Client

from reservo.console.operations import operators
from reservo.core.clock import now
from tests.cast import PASSWORD
from tests.console.cast import HOME, SHELL, hidden
from tests.console.test_door import accept, link_of


def modules_of(page):
    """What the picture of a page shows, row by row: its runs of dark ones, put back from the path that draws them."""
    drawn = re.search(r'<svg viewBox="0 0 (\d+) \1" class="qr">.*?stroke="#000" d="([^"]+)"', page)
    rows = [bytearray(int(drawn[1])) for _ in range(int(drawn[1]))]
    x = y = 0
    for step, dx, dy in re.findall(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", drawn[2]):
        if step == "h":
            rows[y][x : x + int(dx)] = b"\1" * int(dx)
            x += int(dx)
        else:
            x, y = (x + int(dx), y + int(dy or 0)) if step == "m" else (int(dx), int(float(dy)))
    return [bytes(row) for row in rows]


@pytest.fixture
def invited(control):
    return operators.invite(f"foto-{now().timestamp()}@reservo.example", name="Eva", by=SHELL, at=now())


def test_the_picture_says_what_the_link_to_the_application_says(invited):
    page = Client().get(link_of(operators.invitation_link(invited))).content.decode()
    address = html.unescape(re.search(r'href="(otpauth://[^"]+)"', page)[1])
    wanted = segno.make_qr(address, error="m").matrix_iter(border=4)
    assert modules_of(page) == [bytes(row) for row in wanted]
    assert 'role="img" aria-label="Código QR' in page
    assert "style=" not in page


def test_the_key_is_kept_in_no_cache_in_no_address_and_in_no_log(invited, caplog):
    with caplog.at_level("DEBUG"):
        shown = Client().get(link_of(operators.invitation_link(invited)))
        seed = re.search(r"secret=([A-Z2-7]+)", shown.content.decode())[1]
        accept(Client(), link_of(operators.invitation_link(invited)), code="000000")
    assert "no-store" in shown.headers["Cache-Control"]
    assert re.findall(r'(?:src|action|hx-\w+)="[^"]*' + seed, shown.content.decode()) == []
    assert seed not in caplog.text


def test_a_wrong_code_leaves_the_key_that_was_read_already(invited):
    path = link_of(operators.invitation_link(invited))
    client = Client()
    shown = client.get(path)
    given = {"name": "Eva", "password": PASSWORD, "seed": hidden(shown, "seed"), "code": "000000"}
    again = client.post(path, given)
    assert modules_of(again.content.decode()) == modules_of(shown.content.decode())


def test_the_key_is_shown_no_more_once_it_is_in_use(invited):
    path = link_of(operators.invitation_link(invited))
    client = Client()
    answer = accept(client, path)
    later = [client.get(path), client.get(HOME), client.get(f"{HOME}operadores/"), Client().get(path)]
    told = [one.content.decode() for one in (answer, *later)]
    assert [one for one in told if 'class="qr"' in one or "otpauth:" in one] == []
