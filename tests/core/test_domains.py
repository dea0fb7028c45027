import pytest

from reservo.core import domains


@pytest.mark.parametrize(
    ("typed", "as_dns_has_it"),
    [
        ("www.Clinica.CL", "www.clinica.cl"),
        ("www.peñalolén.cl", "www.xn--pealoln-gya1e.cl"),
        ("localhost", "localhost"),
        ("a" * 63 + ".cl", "a" * 63 + ".cl"),
    ],
)
def test_a_name_is_given_as_dns_has_it(typed, as_dns_has_it):
    assert domains.in_ascii(typed) == as_dns_has_it
    assert domains.in_ascii(as_dns_has_it) == as_dns_has_it


@pytest.mark.parametrize(
    "typed",
    [
        "",
        ".",
        "x..cl",
        ".cl",
        "x.cl.",
        "-x.cl",
        "x-.cl",
        "a b.cl",
        "*.cl",
        "x_y.cl",
        "a" * 64 + ".cl",
        "ñ" * 60 + ".cl",
    ],
)
def test_what_dns_cannot_hold_is_refused(typed):
    with pytest.raises(domains.InvalidDomain):
        domains.in_ascii(typed)


def test_a_name_is_253_characters_at_most():
    longest = ".".join(["a" * 62] * 4)[:253]
    assert domains.in_ascii(longest) == longest
    with pytest.raises(domains.InvalidDomain):
        domains.in_ascii(longest + "a.cl")
