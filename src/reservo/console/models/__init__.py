"""The operator's people, and what the console knows of centres without opening them."""

from reservo.console.models.observations import Observation
from reservo.console.models.operators import UNANSWERED, Operator, RecoveryCode

__all__ = ["UNANSWERED", "Observation", "Operator", "RecoveryCode"]
