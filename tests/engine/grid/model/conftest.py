"""A small text, and models that learnt it for a moment."""

from __future__ import annotations

import pytest

from focusmesh.engine.grid.model import Model, TrainParams, train

WORDS = b"the cube asks its eight corners and the one in the middle what the next byte will be; "


@pytest.fixture(scope="session")
def text() -> bytes:
    """9,000 bytes in which some order is to be found, and some chance."""
    lines = [b"%d: %s\n" % (line * line % 97, WORDS[line % 40 :]) for line in range(140)]
    return b"".join(lines)[:9_000]


@pytest.fixture(scope="session")
def model(text: bytes) -> Model:
    """Two hundred steps of eight windows."""
    return train(text, TrainParams(steps=200, batch=8)).model
