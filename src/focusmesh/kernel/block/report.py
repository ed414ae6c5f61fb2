"""A report of a focus: what a vector is made again from, in a few hundred bytes, by whoever has the last one.

Normative for headers of version 2; in this release no header carries one yet, because each block carries the
difference of its own vector.
"""

from __future__ import annotations

from typing import Any

import msgspec

from focusmesh.errors import BlockError, CodecError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.block.header import REPORT_BYTES_MAX
from focusmesh.protocol.codec import decode, encode

DEPTH_MAX = 5
"""So many earlier differences a step may be mixed of at most."""
PASSES_MAX = 64
"""So many applications of the operator lead from one vector to the next at most."""
WEIGHT_LIMIT = 1 << 24
"""Weights of differences are less than that, in units of 2⁻¹⁶."""
LAST, KEYFRAME = 0, 1
"""What a vector is made from: the last committed one, or the uniform one."""


class FocusReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the vector of the state at ``height``, whose block is ``block``, follows from the ``base``.

    In step t the operator is applied to x_t, which gives y_t; then x_(t+1) = y_t + Σ_j ⌊weights[t][j] · (y_(t−j) −
    y_(t−j−1)) / 2¹⁶⌋, and what is missing to 2⁶³ is spread evenly. ``rises`` are the rises of y_0, y_1, … over their
    x. ``votes`` is the digest of the votes that committed it.
    """

    height: int
    block: bytes
    base: int
    depth: int
    weights: tuple[tuple[int, ...], ...]
    rises: tuple[int, ...]
    votes: bytes = b""

    def encode(self) -> bytes:
        """The canonical bytes: a dag-cbor map. Raises BlockError ("report") for more than REPORT_BYTES_MAX."""
        fields: dict[str, Any] = msgspec.to_builtins(self, builtin_types=(bytes,))
        data = encode(fields)
        if len(data) > REPORT_BYTES_MAX:
            raise BlockError(
                "report", f"a report has at most {REPORT_BYTES_MAX:,} bytes, this one {len(data):,}"
            )
        return data

    @classmethod
    def decode(cls, data: bytes) -> FocusReport:
        """Raises BlockError ("report") for anything but the canonical bytes of a report."""
        try:
            fields = decode(data, bytes_max=REPORT_BYTES_MAX)
            report = msgspec.convert(fields, cls, builtin_types=(bytes,))
        except (CodecError, msgspec.ValidationError) as error:
            raise BlockError("report", f"these bytes are not a report: {error}") from error
        report.verify()
        if report.encode() != data:
            raise BlockError("report", "these bytes are not a report: fields are missing")
        return report

    def verify(self) -> None:
        """Raises BlockError ("report") with what is out of range."""
        passes = len(self.rises)
        for holds, what in (
            (0 <= self.height < 2**63, f"its height is {self.height}"),
            (len(self.block) == DIGEST_BYTES, "its block is no id"),
            (len(self.votes) in (0, DIGEST_BYTES), "its votes are no digest"),
            (self.base in (LAST, KEYFRAME), f"its base is {self.base}"),
            (0 <= self.depth <= DEPTH_MAX, f"its depth is {self.depth}"),
            (1 <= passes <= PASSES_MAX, f"it has {passes} passes"),
            (len(self.weights) == passes, f"it has weights of {len(self.weights)} passes"),
            (all(0 <= rise < 2**63 for rise in self.rises), "a rise is out of range"),
        ):
            if not holds:
                raise BlockError("report", f"this is no report of a focus: {what}")
        for step, weights in enumerate(self.weights):
            if len(weights) != min(self.depth, step) or any(
                abs(each) >= WEIGHT_LIMIT for each in weights
            ):
                raise BlockError("report", f"the weights of pass {step} are {weights}")


# A form is compiled at its first use, and two threads must not be at that together.
_COMPILED = msgspec.json.Decoder(FocusReport)
