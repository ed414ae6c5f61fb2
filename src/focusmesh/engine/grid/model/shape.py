"""The sizes of a model, and the arrays that it has in the order in which they are written."""

from __future__ import annotations

from dataclasses import dataclass

from focusmesh.errors import ParameterError

BYTES = 256
"""What a model reads and foretells: one of so many bytes."""
EPSILON = 1e-5
"""Added to the mean square before its root is taken."""


@dataclass(frozen=True, slots=True)
class Shape:
    """4 ≤ width ≤ 64, 4 ≤ hidden ≤ 256, 2 ≤ context ≤ 256: one layer and one head, whatever they are.

    ``context`` is how many bytes the model sees at most. Sums of products stay far below 2³¹ within these bounds.
    """

    width: int = 16
    hidden: int = 64
    context: int = 64

    def verify(self) -> None:
        """Raises ParameterError with the inequality that is broken."""
        bounds = {"width": (4, 64), "hidden": (4, 256), "context": (2, 256)}
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ParameterError(f"{low} ≤ {name} ≤ {high}, {name} = {value}")

    def arrays(self) -> dict[str, tuple[int, ...]]:
        """Name → shape of every array of weights; matrices are applied from the right: (tokens, in) @ (in, out)."""
        width, hidden = self.width, self.hidden
        return {
            "embedding": (BYTES, width),
            "positions": (self.context, width),
            "attention_gain": (width,),
            "query": (width, width),
            "key": (width, width),
            "value": (width, width),
            "attention_output": (width, width),
            "feed_gain": (width,),
            "widen": (width, hidden),
            "widen_bias": (hidden,),
            "narrow": (hidden, width),
            "output_gain": (width,),
            "output": (width, BYTES),
            "output_bias": (BYTES,),
        }

    @property
    def parameter_count(self) -> int:
        """12,656 for the defaults."""
        sizes = 0
        for dimensions in self.arrays().values():
            size = 1
            for dimension in dimensions:
                size *= dimension
            sizes += size
        return sizes
