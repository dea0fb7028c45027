"""Every route × {own, other centre, anonymous, weaker role, maintenance, disabled}, found by walking the routes."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver

from reservo.core.clock import now
from reservo.staff.rights import ROLE_RIGHTS
from reservo.tenants import stores
from reservo.tenants.operations import set_state
from reservo.ui import access
from tests.architecture.cases import (
    CACHEABLE,
    CASES,
    GLOBAL_CACHEABLE,
    GLOBAL_CASES,
    OF_A_CENTRE,
    SANDBOXED,
    WITHOUT_CSRF_COOKIE,
)
from tests.architecture.operator_cases import OF_NOBODY
from tests.architecture.stage import POWERLESS, ROLES, Stage

OFF = 405
EMPTY = {"csrfmiddlewaretoken": ""}  # what a browser sends of a form with nothing filled in
OWN_TO_ONE_ANSWER = re.compile(
    rb"(?<=[?&;]f=)[\w-]+"  # a booking form's random name
    rb"|(?<=\nDTSTAMP:)\w+"  # when a calendar file was made, to the second
)


def walk(patterns, prefix=""):
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.callback


def routes(urlconf):
    return dict(walk(get_resolver(urlconf).url_patterns))


GLOBAL_CASES = GLOBAL_CASES | OF_NOBODY
TENANT = routes("reservo.config.urls_tenant")
GLOBAL = routes("reservo.config.urls")
EVERY = sorted(set(TENANT) & set(CASES))
GUARDED = [route for route in EVERY if access.rule_of(TENANT[route]) != access.PUBLIC]
OUTSIDE = sorted(set(GLOBAL) & set(GLOBAL_CASES))
SECRETS = ("Muñoz", "jose@paciente.example", "Reunión", "Valdivia", "nora@")


def each(names):
    return pytest.mark.parametrize("route", sorted(names), ids=lambda route: route or "/")


@dataclass(frozen=True)
class Address:
    """A route, inside a centre or outside, and the strongest person there."""

    route: str
    inside: bool

    @property
    def case(self):
        return CASES[self.route] if self.inside else GLOBAL_CASES[self.route]

    @property
    def view(self):
        return TENANT[self.route] if self.inside else GLOBAL[self.route]

    @property
    def role(self):
        return "administrator" if self.inside else None

    def path(self, stage):
        return (
            stage.url(self.case.path) if self.inside else "/" + self.case.path.format(slug=stage.centre.slug)
        )


ADDRESSES = [Address(route, True) for route in EVERY] + [Address(route, False) for route in OUTSIDE]
everywhere = pytest.mark.parametrize(
    "address", ADDRESSES, ids=lambda one: f"{one.inside and 'centre'}/{one.route}"
)


# A file is one centre's anyway; on a server the centres of the walk share a store, or each has one of its own.
PLACES = (
    ("pooled",) if os.environ.get("RESERVO_TEST_ENGINE", "sqlite") == "sqlite" else ("pooled", "dedicated")
)


@pytest.fixture(scope="module", params=PLACES)
def stage(request, control, monday):
    made = Stage(monday, *([dedicated_stores(control)] if request.param == "dedicated" else []))
    yield made
    made.end()


def dedicated_stores(server):
    """Two of one centre each, with log-ins of their own."""
    return tuple(
        stores.add(
            stores.Description(
                name=name, capacity=1, is_dedicated=True, **server.pool(name, application=f"{name}_app")
            )
        ).name
        for name in ("walked", "stranger")
    )


@pytest.fixture
def put_back(stage):
    """For tests that change what the stage's centre holds."""
    yield
    stage.restore()


def may(role, route):
    rule = access.rule_of(TENANT[route])
    if rule == access.PUBLIC:
        return True
    if role == POWERLESS:
        return rule == "member"
    return rule == "member" or rule.removeprefix("right:") in ROLE_RIGHTS[role]


def tells(answer):
    text = b"".join(answer).decode() if answer.streaming else answer.content.decode(errors="replace")
    return [secret for secret in SECRETS if secret in text]


# Cases


def test_every_route_has_its_case_and_every_case_a_route():
    assert set(TENANT) == set(CASES)
    assert set(GLOBAL) == set(GLOBAL_CASES)


@pytest.mark.parametrize("view", [*TENANT.values(), *GLOBAL.values()], ids=[*TENANT, *GLOBAL])
def test_a_route_names_its_rule(view):
    rule = access.rule_of(view)
    assert (
        rule in ("public", "member", "operator")
        or rule.removeprefix("right:") in ROLE_RIGHTS["administrator"]
    )


# Own


@each(EVERY)
def test_the_owner_gets_what_the_case_says_and_reading_changes_nothing(stage, route):
    case = CASES[route]
    client, before = stage.client("administrator"), stage.marks()
    assert client.get(stage.url(case.path)).status_code == case.get
    assert stage.marks() == before


@each(EVERY)
def test_the_owner_sends_an_empty_form(stage, put_back, route):
    case = CASES[route]
    assert stage.client("administrator").post(stage.url(case.path), EMPTY).status_code == case.post


@each([route for route in EVERY if CASES[route].post == 422])
def test_a_refused_form_says_what_is_wrong(stage, put_back, route):
    answer = stage.client("administrator").post(stage.url(CASES[route].path), EMPTY)
    if answer.headers["Content-Type"] == "application/json":
        assert answer.json()["message"]
    else:
        assert b'class="error"' in answer.content or b'role="alert"' in answer.content


# Anonymous


@each(GUARDED)
def test_nobody_is_sent_to_the_log_in_and_sees_nothing(stage, route):
    case, client, before = CASES[route], stage.client(), stage.marks()
    path = stage.url(case.path)
    log_in = stage.url("login") + "?next=" + quote(path, safe="/")
    for answer, off in ((client.get(path), case.get), (client.post(path), case.post)):
        if off == OFF:
            assert answer.status_code == OFF
        else:
            assert (answer.status_code, answer.headers["Location"].replace("%2F", "/")) == (302, log_in)
        assert tells(answer) == []
    assert stage.marks() == before


@each(GUARDED)
def test_scripts_of_nobody_get_401_with_the_way_to_the_log_in(stage, route):
    case = CASES[route]
    method = "get" if case.get != OFF else "post"
    path = stage.url(case.path)
    by_htmx = getattr(stage.client(), method)(path, headers={"HX-Request": "true"})
    assert by_htmx.status_code == 401
    assert "HX-Redirect" not in by_htmx.headers  # a form may stand open in the page
    by_fetch = getattr(stage.client(), method)(path, headers={"Accept": "application/json"})
    assert by_fetch.status_code == 401
    assert by_fetch.json()["login"].startswith(stage.url("login"))


# Other centre


@each(GUARDED)
def test_the_session_of_another_centre_opens_nothing(stage, route):
    case, before = CASES[route], stage.marks()
    stranger = stage.client("administrator", cast=stage.other)
    path = stage.url(case.path)
    for answer, off in ((stranger.get(path), case.get), (stranger.post(path), case.post)):
        assert answer.status_code == (OFF if off == OFF else 404)
        assert tells(answer) == []
    assert stage.marks() == before


@each(GUARDED)
def test_objects_of_another_centre_are_not_there(stage, route):
    """The same numbers asked for in the other centre by its own administrator: its objects or none, never ours."""
    path = stage.other.url(CASES[route].path.format(**stage.objects))
    answer = stage.client("administrator", cast=stage.other).get(path)
    assert answer.status_code in (200, 404, OFF)
    assert [secret for secret in tells(answer) if secret not in ("Muñoz", "jose@paciente.example")] == []


# Weaker roles


@pytest.mark.parametrize("role", ROLES)
@each(GUARDED)
def test_a_role_gets_what_its_rights_say(stage, route, role):
    case, client, before = CASES[route], stage.client(role), stage.marks()
    path = stage.url(case.path)
    shown = client.get(path)
    if may(role, route):
        assert shown.status_code == case.get
        return
    sent = client.post(path)
    for answer, off in ((shown, case.get), (sent, case.post)):
        assert answer.status_code == (OFF if off == OFF else 403)
        assert tells(answer) == []
    assert stage.marks() == before


# Public


@each(set(EVERY) - set(GUARDED) - {"login", "logout", "logo.png", "foto/<slug:mark>.png"})
def test_a_public_page_is_the_same_whoever_is_logged_in(stage, route):
    case = CASES[route]
    anonymous = stage.client().get(stage.url(case.path))
    logged_in = stage.client("administrator").get(stage.url(case.path))
    assert OWN_TO_ONE_ANSWER.sub(b"", anonymous.content) == OWN_TO_ONE_ANSWER.sub(b"", logged_in.content)
    assert anonymous.headers["Cache-Control"] == logged_in.headers["Cache-Control"]
    assert logged_in.cookies == {}


# Maintenance, disabled


@pytest.mark.parametrize(("state", "status"), [("maintenance", 503), ("disabled", 403)])
def test_no_route_answers_while_the_centre_is_closed(stage, centre, state, status):
    clients = [stage.client(cast=centre), stage.client("administrator", cast=centre)]
    centre.route = set_state(centre.slug, state, reason="prueba", at=now())
    for route, case in CASES.items():
        path = centre.url(case.path.format(**stage.objects))
        for client in clients:
            for answer in (client.get(path), client.post(path)):
                if route == "embed.js":  # the frame stands, and what it shows says it
                    assert answer.status_code == 200
                    continue
                assert answer.status_code == status, route
                assert tells(answer) == []
                assert "Retry-After" in answer.headers or state == "disabled"
    for route in OF_A_CENTRE:
        path = "/" + GLOBAL_CASES[route].path.format(slug=centre.slug)
        method = "post" if GLOBAL_CASES[route].get == OFF else "get"
        answer = getattr(clients[0], method)(path, content_type="application/json")
        assert answer.status_code == status, route
        assert answer.headers["Content-Type"] == "application/problem+json"


# Outside any centre


@each(OUTSIDE)
def test_a_global_route_gives_what_its_case_says(stage, route):
    case = GLOBAL_CASES[route]
    path = "/" + case.path.format(slug=stage.centre.slug)
    body = {"data": "{}", "content_type": "application/json"} if "api/" in path else {"data": EMPTY}
    assert stage.client().get(path).status_code == case.get
    assert stage.client().post(path, **body).status_code == case.post


# Caches, cookies, headers


def seconds_cacheable(answer):
    said = answer.headers["Cache-Control"]
    if "no-store" in said or "no-cache" in said:
        return 0
    assert "public" in said
    return int(said.partition("max-age=")[2])


@each(EVERY)
def test_every_answer_is_narrowed_and_nothing_of_a_session_may_be_kept(stage, put_back, route):
    case, client = CASES[route], stage.client("administrator")
    path = stage.url(case.path)
    for answer in (client.get(path), stage.client().get(path), client.put(path), client.post(path)):
        assert_narrow(answer, route)
        assert_cookies_stay(stage, answer)
        if seconds := seconds_cacheable(answer):
            assert seconds <= CACHEABLE.get(route, 0)
            assert answer.cookies == {}
            assert "Cookie" not in answer.headers.get("Vary", "")


def assert_narrow(answer, route):
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    if route in SANDBOXED and answer.status_code == 200:
        assert "; sandbox" in policy
    else:
        assert "script-src 'self'; style-src 'self'; " in policy
        assert "unsafe" not in policy
    if (route in GUARDED or route in ("login", "logout")) and route not in SANDBOXED:
        assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert answer.headers["Permissions-Policy"]


def assert_cookies_stay(stage, answer):
    for morsel in answer.cookies.values():
        assert (morsel["path"], morsel["samesite"]) == (stage.url(""), "Lax")
        assert morsel["httponly"] or morsel.value == ""


@each(OUTSIDE)
def test_nothing_outside_a_centre_is_kept_unless_listed(stage, route):
    answer = stage.client().get("/" + GLOBAL_CASES[route].path.format(slug=stage.centre.slug))
    assert seconds_cacheable(answer) <= GLOBAL_CACHEABLE.get(route, 0)


# Form proof, methods, hosts


@everywhere
def test_a_form_without_its_proof_is_refused_in_the_readers_language(stage, address):
    if (address.inside, address.route) in WITHOUT_CSRF_COOKIE:
        assert address.view.csrf_exempt
        assert access.rule_of(address.view) == access.PUBLIC
        return
    assert not getattr(address.view, "csrf_exempt", False)
    before = stage.marks()
    client = stage.client(address.role, enforce_csrf_checks=True)
    for language, words in (("es", "La página quedó vieja"), ("en", "This page is out of date")):
        answer = client.post(address.path(stage), query_params={"lang": language})
        assert answer.status_code == 403
        assert words in answer.content.decode()
    assert stage.marks() == before


@everywhere
def test_other_methods_are_not_allowed(stage, address):
    client, before = stage.client(address.role), stage.marks()
    for method in ("put", "patch", "delete"):
        answer = getattr(client, method)(address.path(stage))
        assert answer.status_code == OFF
        assert method.upper() not in answer.headers["Allow"]
        assert len(answer.content) > 40
    head = client.head(address.path(stage))
    assert head.status_code == address.case.get
    assert head.content == b""
    assert stage.marks() == before


@everywhere
def test_a_forged_host_is_refused(stage, address):
    for method in ("get", "post"):
        answer = getattr(stage.client(), method)(address.path(stage), headers={"Host": "malo.example"})
        assert answer.status_code == 400
        assert b"malo.example" not in answer.content


@everywhere
def test_no_address_is_built_from_the_host_that_was_asked(stage, address):
    client = stage.client(address.role)
    answer = client.get(
        address.path(stage), headers={"Host": "localhost", "X-Forwarded-Host": "malo.example"}
    )
    assert answer.status_code == address.case.get
    # Live events alone are asked for at the name the page was opened by, one of ours: their cookie is that name's.
    live = f"http://localhost:{urlsplit(settings.RESERVO_EVENTS_URL).port}"
    shown = answer.content.decode(errors="replace").replace(live, "") + str(answer.headers).replace(live, "")
    for name in ("//localhost", "malo.example"):
        assert name not in shown
