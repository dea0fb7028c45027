"""How far ahead the epoch of a place is set by whoever closes it for good or for a moment."""

from __future__ import annotations

AHEAD = 1_000
"""Further than the changes of state that may come meanwhile: each raises the epoch by one, and the route that it
announces must not fit a place that is closed."""
