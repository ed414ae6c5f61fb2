"""What the parameters of a network have to satisfy, said as an inequality where they do not."""

from __future__ import annotations

from focusmesh.errors import ParameterError
from focusmesh.protocol.signal import AMOUNT_MAX


def require(holds: bool, inequality: str) -> None:
    """Raises ParameterError with the inequality that does not hold."""
    if not holds:
        raise ParameterError(f"the parameters of a network need {inequality}")


def require_between(name: str, value: int, least: int, most: int = AMOUNT_MAX) -> None:
    """Raises ParameterError unless ``least`` ≤ value ≤ ``most``."""
    require(least <= value <= most, f"{least} ≤ {name} ≤ {most}, {name} = {value}")
