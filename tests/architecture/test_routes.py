"""Every route × {own, other centre, anonymous, weaker role, maintenance, disabled}, found by walking the routes."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from reservo.core.clock import now
from reservo.tenants.operations import set_state
from reservo.ui import access

SAMPLES = {
    "token": "no-es-un-token", "kind": "sucursales", "step": "centro", "language": "es", "session_key": "x" * 32,
    "tenant": "no-hay", "name": "no-hay", "slug": "centro", "str": "x",
}  # fmt: skip
WEAKEST = "accountant"


def walk(patterns, prefix=""):
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.callback


def path_of(route):
    return re.sub(
        r"<(?:(\w+):)?(\w+)>", lambda m: "999999" if m[1] == "int" else SAMPLES.get(m[2], "x"), route
    )


def routes(urlconf):
    return sorted(walk(get_resolver(urlconf).url_patterns), key=lambda one: one[0])


TENANT = routes("reservo.config.urls_tenant")
GLOBAL = routes("reservo.config.urls")


def ask(client, path):
    """Every method a route may have; the worst answer counts."""
    return [client.get(path, headers={"host": "testserver"}), client.post(path, {})]


@pytest.mark.parametrize(("route", "view"), TENANT + GLOBAL, ids=[r or "/" for r, _ in TENANT + GLOBAL])
def test_a_route_names_its_rule(route, view):
    assert access.rule_of(view) is not None
    assert access.rule_of(view) in ("public", "member") or access.rule_of(view).startswith("right:")


@pytest.mark.parametrize(("route", "view"), TENANT, ids=[r or "/" for r, _ in TENANT])
def test_a_guarded_route_is_closed_to_everybody_else(centre, other, route, view):
    if access.rule_of(view) == access.PUBLIC:
        return
    path = centre.url(path_of(route))
    for answer in ask(centre.client(), path):
        assert answer.status_code in (302, 403, 405)
        assert "login" in answer.headers.get("Location", "login")
    stranger = other.client("administrator")
    for answer in ask(stranger, path):
        assert answer.status_code in (404, 405, 403)
        assert answer.status_code != 200


@pytest.mark.parametrize(("route", "view"), TENANT, ids=[r or "/" for r, _ in TENANT])
def test_a_weaker_role_gets_403_where_the_right_is_missing(centre, route, view):
    rule = access.rule_of(view)
    if not rule.startswith("right:"):
        return
    from reservo.staff.rights import ROLE_RIGHTS

    answer = centre.client(WEAKEST).get(centre.url(path_of(route)))
    if rule.removeprefix("right:") not in ROLE_RIGHTS[WEAKEST]:
        assert answer.status_code in (403, 405)
    else:
        assert answer.status_code in (200, 302, 404, 405)


@pytest.mark.parametrize(("route", "view"), TENANT, ids=[r or "/" for r, _ in TENANT])
def test_the_owner_never_sees_a_broken_page(centre, route, view):
    for answer in ask(centre.client("administrator"), centre.url(path_of(route))):
        assert answer.status_code < 500, route


@pytest.mark.parametrize("state", ["maintenance", "disabled"])
def test_no_route_answers_while_the_centre_is_closed(centre, state):
    client = centre.client("administrator")
    centre.route = set_state(centre.slug, state, reason="prueba", at=now())
    wanted = {"maintenance": 503, "disabled": 403}[state]
    for route, _view in TENANT:
        answer = client.get(centre.url(path_of(route)))
        assert answer.status_code == wanted, route
        assert (state == "disabled") or answer.headers["Retry-After"]


@pytest.mark.parametrize(("route", "view"), GLOBAL, ids=[r or "/" for r, _ in GLOBAL])
def test_a_global_route_shows_nothing_of_a_centre(control, route, view):
    for answer in ask(Client(), "/" + path_of(route)):
        assert answer.status_code < 500
        assert b"muestra" not in answer.content or route == ""
