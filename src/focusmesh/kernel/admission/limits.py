"""What may wait in a node: how far ahead a signal may reach, and how many signals and bytes a neuron may park."""

from __future__ import annotations

from dataclasses import dataclass

from focusmesh.errors import ParameterError


@dataclass(frozen=True)
class AdmissionLimits:
    """0 < ``neuron_early`` ≤ ``neuron_signals`` ≤ ``signals``, 0 < ``early`` ≤ ``signals``, all others above 0.

    ``horizon_blocks``, ``horizon_ms``: no signal may expire later, in blocks and in time of headers.
    ``horizon_blocks_min``: the horizon is never nearer, so that a session's signals (256 blocks) fit a slow chain.
    ``nonces_ahead``: how far a signal's nonce may be ahead of its account.
    ``early``: signals that wait for a nonce before theirs; they have a share of their own, so that they keep out nobody
    whose turn it is. ``patience_ms``: for how long such a signal waits.
    """

    horizon_blocks: int = 1_024
    horizon_ms: int = 600_000
    horizon_blocks_min: int = 256
    nonces_ahead: int = 256
    signals: int = 65_536
    bytes: int = 1 << 28
    neuron_signals: int = 256
    neuron_bytes: int = 1 << 25
    early: int = 32_768
    neuron_early: int = 64
    patience_ms: int = 120_000

    def __post_init__(self) -> None:
        self.verify()

    def verify(self) -> None:
        """Raises ParameterError with what does not hold."""
        if not 0 < self.neuron_early <= self.neuron_signals <= self.signals:
            raise ParameterError(f"0 < neuron_early <= neuron_signals <= signals: {self}")
        if not 0 < self.early <= self.signals:
            raise ParameterError(f"0 < early <= signals: {self}")
        if not 0 < self.horizon_blocks_min <= self.horizon_blocks:
            raise ParameterError(f"0 < horizon_blocks_min <= horizon_blocks: {self}")
        if min(self.horizon_ms, self.nonces_ahead, self.bytes, self.neuron_bytes) < 1:
            raise ParameterError(f"horizon_ms, nonces_ahead, bytes, neuron_bytes >= 1: {self}")


LIMITS = AdmissionLimits()
"""Those of every node of ours."""
PEER_LIMITS = AdmissionLimits(horizon_blocks=2_048, horizon_blocks_min=512, nonces_ahead=512)
"""Those of signals that peers pass on, twice as far: whoever admitted them may be blocks ahead of this node."""
