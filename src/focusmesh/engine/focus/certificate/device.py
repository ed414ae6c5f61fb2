"""What a card offers to certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from focusmesh.engine.focus.solve.device import SolveDevice

if TYPE_CHECKING:
    from focusmesh.engine.focus.certificate.axons import IntegerAxons
    from focusmesh.engine.focus.certificate.steps import Steps


class CertificateDevice(SolveDevice, Protocol):
    """A card that applies the integer operator."""

    def steps(self, axons: IntegerAxons) -> Steps:
        """The steps of the integer operator, to the bit those of the host."""
