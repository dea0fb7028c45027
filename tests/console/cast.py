"""The operator's people in the tests: two who run the installation, and the browser each of them has."""

from __future__ import annotations

import html
import itertools
import os
import re

from django.contrib.auth.hashers import make_password
from django.test import Client

from reservo.console import totp
from reservo.console.models import Operator
from reservo.console.operations import operators
from reservo.core.actor import Actor
from reservo.core.clock import now
from tests.cast import PASSWORD

_numbers = itertools.count(1)
HOME = "/operador/"
SHELL = Actor("operator", None, "reservo", "shell")


def make_operator(name: str = "Olga Vidal", *, seed: str = "") -> Operator:
    """One who has accepted, with an authenticator of this seed."""
    email = f"operator-{os.getpid()}-{next(_numbers)}@reservo.example"
    made = operators.invite(email, name=name, by=SHELL, at=now())
    made.password = make_password(PASSWORD)
    made.sealed_seed = operators._sealed(made, seed or totp.new_seed())
    made.save()
    return made


def code_of(operator: Operator, *, steps: int = 0) -> str:
    """What the operator's authenticator shows now, or some steps away."""
    operator.refresh_from_db()
    seed = operators._unsealed(operator)
    return totp.code_at(seed, int(now().timestamp()) // totp.STEP_SECONDS + steps)


def browser(operator: Operator | None = None, **options) -> Client:
    """Logged in by both factors, through the door."""
    client = Client(**options)
    if operator is None:
        return client
    unguarded = Client()
    asked = unguarded.post(f"{HOME}entrar", {"email": operator.email, "password": PASSWORD})
    proof = hidden(asked, "proof")
    Operator.objects.filter(pk=operator.pk).update(last_step=0)
    done = unguarded.post(f"{HOME}entrar/codigo", {"proof": proof, "code": code_of(operator)})
    assert done.status_code == 302, done.content.decode()
    client.cookies = unguarded.cookies
    return client


def hidden(answer, name: str) -> str:
    """What a page carries in a hidden field; empty if it has none."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', answer.content.decode())
    return html.unescape(found[1]) if found else ""
