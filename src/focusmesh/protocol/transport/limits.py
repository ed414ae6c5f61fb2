"""What limits have in common, whoever sets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping


def verify_positive(limits: Mapping[str, float]) -> None:
    """Raises ParameterError for a limit by its name that is not above 0."""
    for name, value in limits.items():
        if not value > 0:
            raise ParameterError(f"{name} = {value}, which must be above 0")
