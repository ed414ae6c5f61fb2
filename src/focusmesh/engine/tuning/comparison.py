"""A compiled start against a random one: the same links, the same order, the same number of steps, several seeds."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from focusmesh.engine.tuning.link_scores import interval
from focusmesh.engine.tuning.params import STARTS, TuneParams
from focusmesh.engine.tuning.tuning import best_step, tune
from focusmesh.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from focusmesh.engine.compile import CompiledModel
    from focusmesh.engine.support.progress import Progress
    from focusmesh.engine.tuning.training import Point
    from focusmesh.engine.tuning.tuning import Tuned


@dataclass(frozen=True)
class Comparison:
    """``runs`` of each start, one a seed; what both starts have in common (baselines) is that of the compiled one."""

    runs: Mapping[str, Sequence[Tuned]]

    def measures(self) -> dict[str, dict[str, tuple[float, float, float]]]:
        """Mean and 95 % interval of each measure by method, over the links kept out of all seeds together."""
        return {
            method: {name: interval(values) for name, values in self._pool(method).items()}
            for method in self._methods()
        }

    def gains(self, over: str) -> dict[str, tuple[float, float, float]]:
        """What the compiled start, tuned, is better by than another method, link by link."""
        own, other = self._pool("tuned, compiled start"), self._pool(over)
        return {name: interval(own[name] - other[name]) for name in own}

    def precision(self, counts: Sequence[int]) -> dict[str, dict[int, float]]:
        """By method, which share of its so many strongest pairs was kept out, mean over the seeds."""
        return {
            method: {
                at: float(np.mean([run.precision[kind][:at].mean() for run in self.runs[start]]))
                for at in counts
            }
            for method, (start, kind) in self._methods().items()
            if kind in self.runs[start][0].precision
        }

    def steps_to_equal_loss(self) -> Iterator[dict[str, float | int | None]]:
        """By seed: after how many steps a start has the loss that the other begins or ends with; None for never.

        ``random_steps_to_compiled_start``: until a random start is as good as the compiled one before its first step.
        ``compiled_steps``, ``random_steps``: until each has the best loss that the random start comes to. Losses are
        those of the links kept out for validation.
        """
        for pair in zip(*(self.runs[start] for start in STARTS), strict=True):
            compiled, random = (run.curve for run in pair)
            wanted = min(point.validation for point in random)
            yield {
                "seed": pair[0].params.seed,
                "compiled_loss_before": compiled[0].validation,
                "random_loss_before": random[0].validation,
                "compiled_best_loss": min(point.validation for point in compiled),
                "random_best_loss": wanted,
                "random_steps_to_compiled_start": _steps_to(random, compiled[0].validation),
                "compiled_steps": _steps_to(compiled, wanted),
                "random_steps": _steps_to(random, wanted),
            }

    @property
    def report(self) -> dict[str, Any]:
        """All of it as JSON has it."""
        return {
            "params": asdict(self.runs["compiled"][0].params),
            "measures": {
                method: {name: list(told) for name, told in row.items()}
                for method, row in self.measures().items()
            },
            "gains": {
                method: {name: list(told) for name, told in self.gains(method).items()}
                for method in self._methods()
                if method != "tuned, compiled start"
            },
            "steps_to_equal_loss": list(self.steps_to_equal_loss()),
            "best_steps": {
                start: [best_step(run.curve) for run in self.runs[start]] for start in STARTS
            },
        }

    def _methods(self) -> dict[str, tuple[str, str]]:
        """Name → which start it is of, and what it is called there."""
        told = {f"tuned, {start} start": (start, "tuned") for start in STARTS}
        shared = [name for name in self.runs["compiled"][0].found if name != "tuned"]
        return told | {name: ("compiled", name) for name in shared}

    def _pool(self, method: str) -> dict[str, Any]:
        start, kind = self._methods()[method]
        runs = [run.found[kind].measures() for run in self.runs[start]]
        return {name: np.concatenate([run[name] for run in runs]) for name in runs[0]}


def _steps_to(curve: Sequence[Point], loss: float) -> int | None:
    return next((point.step for point in curve if point.validation <= loss), None)


def compare(
    model: CompiledModel,
    params: TuneParams | None = None,
    seeds: Sequence[int] = (0, 1, 2),
    progress: Progress | None = None,
    *,
    walks: Iterable[Sequence[Hashable]] | None = None,
) -> Comparison:
    """Tunes ``model`` from both starts with each seed. Arguments and errors are those of ``tune``."""
    if not seeds:
        raise ParameterError("compare needs one seed at least")
    chosen = TuneParams() if params is None else params
    kept = None if walks is None else list(walks)
    runs = {
        start: [
            tune(model, replace(chosen, start=start, seed=seed), progress, walks=kept)
            for seed in seeds
        ]
        for start in STARTS
    }
    return Comparison(runs)
