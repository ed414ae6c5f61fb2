"""Parameters of a graph of documents: how long passages are, and which mentions become links."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from focusmesh.engine.documents.passages import PassageSize
from focusmesh.errors import ParameterError


@dataclass(frozen=True)
class DocumentParams:
    """What a graph is made of documents with; raises ParameterError on anything out of its range.

    ``size``: see ``PassageSize``. A name that stands in more than ``share_max`` (0 … 1) of all passages, and in more
    than ``count_max`` (≥ 0) of them, links nothing. A mention weighs ln(1 + n/d)/ln(1 + n), where d of n passages have
    the name, times ``mention``; ``contains`` and ``next`` are the weights of those links, ``phrase`` that of what
    passages share which no particle is called by, all ≥ 0. A phrase links passages where at most ``phrase_max`` (≥ 2)
    share it. docs/explanation/recall-evaluation.md says by what they were chosen.
    """

    size: PassageSize = field(default_factory=PassageSize)
    share_max: float = 0.05
    count_max: int = 20
    mention: float = 1.0
    contains: float = 1.0
    next: float = 0.2
    phrase: float = 0.05
    phrase_max: int = 3

    def __post_init__(self) -> None:
        self.verify()

    def verify(self) -> None:
        """Raises ParameterError with the inequality that does not hold."""
        for name in ("mention", "contains", "next", "phrase", "share_max"):
            value = getattr(self, name)
            plain = isinstance(value, int | float) and not isinstance(value, bool)
            if not plain or not math.isfinite(value) or value < 0:
                raise ParameterError(f"documents need a finite {name} ≥ 0, not {value!r}")
        if self.share_max > 1:
            raise ParameterError(f"documents need share_max ≤ 1, not {self.share_max!r}")
        for name, least in (("count_max", 0), ("phrase_max", 2)):
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise ParameterError(f"documents need an integer {name} ≥ {least}, not {value!r}")
