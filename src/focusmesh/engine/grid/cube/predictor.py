"""What a cube asks of a model on a vertex."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from focusmesh.errors import GridError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from focusmesh.engine.support.arrays import FloatArray

WINDOW_BYTES = 64
"""What is kept of a text for a forward; a model reads as much of its end as its context holds."""

DATA_BYTES_MAX = 1 << 16
"""The longest text that one request may bring."""


class Predictor(Protocol):
    """A model of bytes: a ``Model`` or ``QuantisedModel``, or a baseline such as a table of counts."""

    @property
    def digest(self) -> bytes:
        """32 bytes that tell this model from any other."""
        ...

    def forward(self, window: bytes) -> npt.NDArray[Any]:
        """The distribution (256,) of the byte after ``window``."""
        ...

    def forward_batch(self, windows: Sequence[bytes]) -> npt.NDArray[Any]:
        """(n, 256): the same of many windows."""
        ...

    def surprisals(self, text: bytes) -> FloatArray:
        """−ln of the share that each byte of ``text`` had, in nats."""
        ...


def predict_distribution(model: Predictor, window: bytes) -> FloatArray:
    """The model's distribution in float64, adding up to 1 as well as that can."""
    said = np.asarray(model.forward(window), np.float64)
    total: float = said.sum()
    return said / total


def window_of(data: bytes) -> bytes:
    """The end of ``data`` that a forward reads. Raises GridError ``"empty"``, ``"too-long"``."""
    return check_data(data)[-WINDOW_BYTES:]


def check_data(data: bytes) -> bytes:
    """``data``, if it has from one byte to ``DATA_BYTES_MAX``. Raises GridError ``"empty"``, ``"too-long"``."""
    if not data:
        raise GridError("empty", "there is nothing to read: give at least one byte")
    if len(data) > DATA_BYTES_MAX:
        raise GridError(
            "too-long", f"{len(data)} bytes in one request; at most {DATA_BYTES_MAX} are read"
        )
    return data
