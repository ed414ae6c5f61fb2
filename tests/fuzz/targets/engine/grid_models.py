"""Models of the grid: of both kinds, and what the quantised ones compute whatever their numbers are."""

from __future__ import annotations

import numpy as np

from focusmesh.engine.grid.model import SHARES, Model, QuantisedModel, Shape
from focusmesh.errors import CodecError
from tests.engine.grid.model.integral_model import shares as model_shares
from tests.fuzz.target import Target

WINDOW = b"ab"


def check(data: bytes) -> bool:
    kind = QuantisedModel if data[6:7] == b"q" else Model
    try:
        found = kind.from_bytes(data)
    except CodecError:
        return False
    assert found.to_bytes() == data
    if isinstance(found, QuantisedModel):
        shares = found.shares(WINDOW)
        assert int(shares.sum()) == SHARES
        assert int(shares.min()) >= 1
        assert shares.tolist() == model_shares(found._parts, WINDOW)
    else:
        with np.errstate(all="ignore"):
            assert found.forward(WINDOW).shape == (256,)
    return True


def seeds() -> list[bytes]:
    small = Model.initial(1, b"abc", Shape(4, 4, 2))
    return [small.to_bytes(), small.quantise().to_bytes()]


TARGET = Target(check, seeds)
