"""Standbys that became primaries."""

from __future__ import annotations

from django.db import models


class Promotion(models.Model):
    """One switch of a store from its primary to its standby; the report is kept."""

    plane = "control"

    class State(models.TextChoices):
        BEGUN = "begun"
        DONE = "done"
        GIVEN_UP = "given_up"

    store = models.CharField(max_length=40, db_index=True)
    open_for = models.CharField(
        max_length=40, null=True, unique=True, help_text="the store while this is open: two at once cannot be"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.BEGUN)
    from_address = models.CharField(max_length=500)
    to_address = models.CharField(max_length=500)
    report = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.store} {self.summary}"

    @property
    def summary(self) -> str:
        return f"{self.from_address} → {self.to_address} {self.state}"
