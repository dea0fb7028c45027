"""What a centre calls those it looks after, in the number and language that a screen needs."""

from __future__ import annotations

from dataclasses import dataclass

_ENGLISH = {
    "paciente": "patient",
    "cliente": "client",
    "clienta": "client",
    "socio": "member",
    "socia": "member",
    "miembro": "member",
    "alumno": "student",
    "alumna": "student",
    "estudiante": "student",
    "usuario": "user",
    "huésped": "guest",
    "invitado": "guest",
    "persona": "person",
}
_SPANISH = {english: spanish for spanish, english in reversed(_ENGLISH.items())}
_ENGLISH_PLURALS = {"person": "people"}
_UNACCENTED = str.maketrans("áéíóú", "aeiou")


@dataclass(frozen=True, slots=True)
class Called:
    """The centre's word in the shapes that sentences need."""

    word: str
    language: str

    @property
    def one(self) -> str:
        return called(self.word, self.language)

    @property
    def several(self) -> str:
        return called_all(self.word, self.language)

    @property
    def the(self) -> str:
        """`el paciente`, `la clienta`, `the client`."""
        if self.language == "en":
            return f"the {self.one}"
        return f"{'la' if self._is_feminine else 'el'} {self.one}"

    @property
    def to_the(self) -> str:
        """`al paciente`, `a la clienta`; English needs no preposition after its verbs."""
        if self.language == "en":
            return self.the
        return f"{'a la' if self._is_feminine else 'al'} {self.one}"

    @property
    def _is_feminine(self) -> bool:
        return self.one.endswith("a")


def called(word: str, language: str) -> str:
    """One of them: `paciente`, `client`. A word that we do not know stays as the centre wrote it."""
    word = word.strip().lower() or "paciente"
    return (_ENGLISH if language == "en" else _SPANISH).get(word, word)


def called_all(word: str, language: str) -> str:
    """Several of them: `pacientes`, `clients`."""
    one = called(word, language)
    if language == "en":
        return _ENGLISH_PLURALS.get(one) or _plural_english(one)
    return _plural_spanish(one)


def _plural_spanish(one: str) -> str:
    last = one[-1]
    if last == "z":
        return one[:-1] + "ces"
    if last in "aeiouáéó":
        return one + "s"
    if last in "sx" and one[-2:-1] not in tuple("áéíóú"):
        return one
    if one[-2:-1] in tuple("áéíóú") and last in "ns":
        one = one[:-2] + one[-2].translate(_UNACCENTED) + last
    return one + "es"


def _plural_english(one: str) -> str:
    if one.endswith(("s", "x", "z", "ch", "sh")):
        return one + "es"
    if one.endswith("y") and one[-2:-1] not in tuple("aeiou"):
        return one[:-1] + "ies"
    return one + "s"
