"""What a centre calls its patients, in both languages and numbers."""

import pytest

from reservo.core.words import Called, called, called_all


@pytest.mark.parametrize(
    ("word", "spanish", "english"),
    [
        ("paciente", ("paciente", "pacientes"), ("patient", "patients")),
        ("cliente", ("cliente", "clientes"), ("client", "clients")),
        ("socio", ("socio", "socios"), ("member", "members")),
        (" Socia ", ("socia", "socias"), ("member", "members")),
        ("member", ("socio", "socios"), ("member", "members")),
        ("client", ("cliente", "clientes"), ("client", "clients")),
        ("persona", ("persona", "personas"), ("person", "people")),
        ("huésped", ("huésped", "huéspedes"), ("guest", "guests")),
        ("aprendiz", ("aprendiz", "aprendices"), ("aprendiz", "aprendizes")),
        ("campeón", ("campeón", "campeones"), ("campeón", "campeóns")),
        ("feligrés", ("feligrés", "feligreses"), ("feligrés", "feligréses")),
        ("bebé", ("bebé", "bebés"), ("bebé", "bebés")),
        ("tutor", ("tutor", "tutores"), ("tutor", "tutors")),
        ("baby", ("baby", "babyes"), ("baby", "babies")),
        ("", ("paciente", "pacientes"), ("patient", "patients")),
    ],
)
def test_a_word_in_both_languages_and_numbers(word, spanish, english):
    assert (called(word, "es"), called_all(word, "es")) == spanish
    assert (called(word, "en"), called_all(word, "en")) == english


@pytest.mark.parametrize(
    ("word", "language", "the", "to_the"),
    [
        ("paciente", "es", "el paciente", "al paciente"),
        ("clienta", "es", "la clienta", "a la clienta"),
        ("socio", "en", "the member", "the member"),
    ],
)
def test_a_word_with_its_article(word, language, the, to_the):
    assert (Called(word, language).the, Called(word, language).to_the) == (the, to_the)
