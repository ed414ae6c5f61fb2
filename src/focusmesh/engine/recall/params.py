"""Parameters of recall: how text becomes a context, and by what its answer is ordered."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from focusmesh.engine.focus import FocusParams
from focusmesh.errors import ParameterError


@dataclass(frozen=True)
class RecallParams:
    """What an answer is worked out with; raises ParameterError on anything out of its range.

    ``focus``: the operator; recall keeps the focus of its own operator beside that of others. ``beta`` (0 … 1): share
    of the question in the teleport. ``entries`` (≥ 1): how many particles the text index gives. Their scores s become
    shares of the context, w ∝ exp((s − s_max) / (``temperature``·s_max)), ``temperature`` > 0. ``context_share``
    (0 … 1): the part of an explicit context where there is a question too. ``name_boost`` (0 … 1,000): what a word
    counts in a name, 1 being what it counts in a text; at 0 a question that is a name is words like others.
    ``fusion`` (> 0): the constant of reciprocal rank fusion, where there are embeddings. Particles are listed by
    (1 − ``text``)·v + ``text``·w, with v ∝ φ_c·φ*^(``popularity`` − 1):
    popularity 1 lists by focus, 0 by what the question adds to the global focus; both are from 0 to 1.
    ``question_names``: where passages are linked by mentions, what a question names is context too and listed first.
    """

    focus: FocusParams = field(default_factory=FocusParams)
    beta: float = 0.9
    entries: int = 32
    temperature: float = 0.1
    context_share: float = 0.5
    name_boost: float = 0.1
    fusion: float = 60.0
    popularity: float = 0.5
    text: float = 0.2
    question_names: bool = True

    def __post_init__(self) -> None:
        self.verify()

    def verify(self) -> None:
        """Raises ParameterError with the inequality that does not hold."""
        for name in ("beta", "context_share", "popularity", "text"):
            _require(_number(self, name) <= 1, f"0 ≤ {name} ≤ 1", getattr(self, name))
        for name in ("temperature", "fusion"):
            _require(_number(self, name) > 0, f"{name} > 0", getattr(self, name))
        _require(_number(self, "name_boost") <= 1_000, "name_boost ≤ 1,000", self.name_boost)
        whole = type(self.entries) is int and self.entries >= 1
        _require(whole, "an integer entries ≥ 1", self.entries)
        plain = type(self.question_names) is bool
        _require(plain, "question_names = True or False", self.question_names)
        _require(isinstance(self.focus, FocusParams), "FocusParams as its focus", self.focus)
        self.focus.verify()


def _number(params: RecallParams, name: str) -> float:
    value = getattr(params, name)
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    _require(plain and math.isfinite(value) and value >= 0, f"a finite {name} ≥ 0", value)
    return float(value)


def _require(holds: bool, inequality: str, value: object) -> None:
    if not holds:
        raise ParameterError(f"recall needs {inequality}, not {value!r}")
