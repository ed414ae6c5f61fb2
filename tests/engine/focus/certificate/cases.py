"""Cases of the published vectors, and what the tests of certificates share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from focusmesh.engine.focus import IntegerAxons, ProtocolParams
from focusmesh.engine.focus.certificate.operator import IntegerOperator
from focusmesh.engine.focus.certificate.params import Teleport
from tests.engine.focus.certificate.model import Link, Model, uniform
from tests.engine.focus.cuda.cards import CARDS

if TYPE_CHECKING:
    from pathlib import Path

Mass: TypeAlias = np.ndarray[tuple[int], np.dtype[np.uint64]]

BACKENDS = ("numpy", "numba", *CARDS)


@dataclass(frozen=True)
class Case:
    """One entry of the vectors: R, x and, where it is not refused, what R(x) is."""

    name: str
    model: Model
    x: list[int]
    image: list[int]
    residual: int
    valid: bool

    def axons(self) -> IntegerAxons:
        return axons_of(self.model)

    def operator(self, backend: str, *, own: bool = True) -> IntegerOperator:
        """R by a backend, with its u as a vector of its own or as the uniform one."""
        return operator_of(self.model, backend, own=own)


def axons_of(model: Model) -> IntegerAxons:
    columns = zip(*model.links, strict=True) if model.links else ((), (), ())
    return IntegerAxons.from_links(model.count, *map(list, columns))


def operator_of(model: Model, backend: str, *, own: bool = True) -> IntegerOperator:
    params = ProtocolParams(model.alpha, model.diffusion, tuple(model.series))
    teleport = Teleport(model.count, mass(model.u) if own else None)
    return IntegerOperator.on(axons_of(model), params, teleport, backend)


def mass(values: list[int]) -> Mass:
    return np.array(values, dtype=np.uint64)


@cache
def cases(path: Path, kind: str) -> list[Case]:
    """The ``vectors`` or the ``refused`` of the file."""
    return [_case(entry) for entry in json.loads(path.read_text(encoding="utf-8"))[kind]]


def _case(entry: dict[str, Any]) -> Case:
    coefficients = entry["coefficients"]
    model = Model(
        entry["particles"],
        [(s, t, w) for s, t, w in entry["links"]],
        coefficients["alpha"],
        coefficients["diffusion"],
        coefficients["series"],
        [int(value) for value in entry["u"]],
    )
    return Case(
        entry["name"],
        model,
        [int(value) for value in entry["x"]],
        [int(value) for value in entry.get("r_of_x", [])],
        int(entry.get("residual", 0)),
        entry.get("valid", False),
    )


def random_model(seed: int, count: int, links: int, most: int, **changes: Any) -> Model:
    """R on random links, half of whose particles dangle, with weights up to ``most``."""
    draws = np.random.default_rng(seed)
    source = draws.integers(0, max(count // 2, 1), links)
    target = draws.integers(0, count, links)
    pairs = sorted({(int(s), int(t)) for s, t in zip(source, target, strict=True) if s != t})
    rows: list[Link] = [(s, t, int(draws.integers(1, most, endpoint=True))) for s, t in pairs]
    default = ProtocolParams(644245094, 2147483648, (960251128, 638128581, 319064290, 230039649))
    given = {
        "alpha": default.alpha,
        "diffusion": default.diffusion,
        "series": list(default.series),
        "u": uniform(count),
        **changes,
    }
    return Model(count, rows, **given)


def random_vector(seed: int, model: Model) -> list[int]:
    """A vector above its floors that adds up to 2⁶³, half of it u."""
    draws = np.random.default_rng(seed)
    parts = (draws.random(model.count) ** 8).tolist()
    half = [u - u // 2 for u in model.u]
    rest = 2**63 - sum(half)
    shares = [int(part / sum(parts) * rest * (1 - 1e-9)) for part in parts]
    shares[0] += rest - sum(shares)
    return [h + s for h, s in zip(half, shares, strict=True)]
