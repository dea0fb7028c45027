import json
import subprocess
import sys
from pathlib import Path

import pytest

from reservo.accounts import passwords

ROOT = Path(__file__).parents[2]
SHIPPED = """
import json, django
django.setup()
from django.contrib.auth.hashers import get_hasher, make_password
hasher = get_hasher()
print(json.dumps([make_password("una-clave-larga-7").split("$")[:2],
                  hasher.time_cost, hasher.memory_cost, hasher.parallelism]))
"""


def test_passwords_are_kept_as_argon2id_at_the_cost_that_is_recommended(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", SHIPPED],
        env={
            "PYTHONPATH": str(ROOT / "src"),
            "RESERVO_DATA_DIR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "reservo.config.settings",
            "PATH": "",
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    kind, passes, kib, lanes = json.loads(done.stdout)
    assert kind == ["argon2", "argon2id"]
    assert passes >= 2
    assert kib >= 19 * 1024  # OWASP: at least 19 MiB and two passes
    assert lanes >= 1


@pytest.mark.parametrize(
    ("password", "email"),
    [
        ("corta", ""),
        ("x" * 201, ""),
        ("persona@centro.example", "Persona@centro.example"),
        ("receptionista", "receptionista@centro.example"),
        ("password1234", ""),
    ],
)
def test_a_weak_password_is_refused_with_a_reason(password, email):
    with pytest.raises(passwords.WeakPassword) as refused:
        passwords.check(password, email=email)
    assert str(refused.value)


def test_a_long_password_of_ones_own_is_taken():
    passwords.check("caballo batería grapa", email="persona@centro.example")
