"""Consent is a centre's own, to an operator of this installation: it does not come along with a centre's data."""

from __future__ import annotations

from reservo.support.models import SupportAccess

State = SupportAccess.State


def forget_consent(users: dict[int, int]) -> None:
    """In a copy of a centre nobody was asked; in one from elsewhere the number names another operator."""
    SupportAccess.objects.filter(state__in=(State.ASKED, State.GRANTED)).update(state=State.ENDED)
