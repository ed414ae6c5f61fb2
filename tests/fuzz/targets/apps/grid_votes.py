"""Certificates of cubes' votes: bytes of a stranger are refused, or are the one encoding of what they are read as."""

from __future__ import annotations

from functools import cache

import numpy as np

from focusmesh.apps.grid import FIRST_PREVIOUS, VoteCertificate, validator_set_of, vertex_keys
from focusmesh.apps.grid.opinions import PRECOMMIT, Question
from focusmesh.engine.grid.cube import VERTICES
from focusmesh.errors import GridError
from focusmesh.kernel.consensus import Ballot, Tally, Vote
from focusmesh.protocol.codec import decode, encode
from tests.fuzz.target import Structure, Target
from tests.fuzz.targets.apps.grid_letters import documented

KEYS = vertex_keys(bytes(32), "a")


def check(data: bytes) -> bool:
    try:
        found = VoteCertificate.from_bytes(data)
    except GridError as error:
        documented(error, "certificate")
        return False
    assert found.to_bytes() == data
    try:
        found.verify(validator_set_of(KEYS))
    except GridError as error:
        documented(error, "certificate")
    else:
        assert data in seeds()
    return True


@cache
def _seed(height: int) -> bytes:
    validator_set = validator_set_of(KEYS)
    question = Question(validator_set.digest(), height, FIRST_PREVIOUS, b"import ")
    output = np.arange(256, dtype=np.int64)
    slot, tally = question.slot(0, PRECOMMIT), Tally(validator_set)
    for vertex in VERTICES:
        tally.add(Vote.sign(Ballot(slot, question.value(output)), KEYS[vertex]))
    certificate = tally.certificate(slot, question.value(output))
    return VoteCertificate(question, output, certificate).to_bytes()


def seeds() -> list[bytes]:
    return [_seed(1), _seed(2)]


def _read(data: bytes) -> list[object]:
    parts = decode(data)
    return [*parts[:5], decode(parts[5])]


def _written(value: list[object]) -> bytes:
    return encode([*value[:5], encode(value[5])])  # type: ignore[list-item,arg-type]


TARGET = Target(check, seeds, Structure(_read, _written))
