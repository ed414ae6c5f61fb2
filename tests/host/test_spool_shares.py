"""Who still waits in a spool where room is short: weight, tips, reserves; and who is read first."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import OutweighedError
from focusmesh.host.spool import spool as module
from focusmesh.host.spool.tables import KINDS
from focusmesh.kernel.admission import (
    NEWCOMER,
    ORDINARY,
    SERVICE,
    SHARE_ONE,
    AdmissionLimits,
    Waiting,
)
from tests.host.test_spool_admission import ANN, BOB, NODE, Door, door
from tests.kernel.block.ledger import KEYS

if TYPE_CHECKING:
    from focusmesh.protocol.identity import SigningKey

__all__ = ["door"]

CROWDED = AdmissionLimits(signals=100, early=10, neuron_signals=90, neuron_early=10)


def weighed(door: Door, key: SigningKey, nonce: int, weight: int, **more: object) -> bytes | None:
    """A signal of a neuron of so many base units."""
    said: dict[str, Any] = {"kind": ORDINARY, "weight": weight * SHARE_ONE, **more}
    candidate = door.candidate(key, nonce)._replace(**said)
    return door.spool.admit(candidate, NODE)


def filled(door: Door, key: SigningKey, weight: int) -> int:
    """How many signals of a neuron find room before one is refused."""
    for nonce in range(90):
        try:
            weighed(door, key, nonce, weight)
        except OutweighedError:
            return nonce
    raise AssertionError("nothing was refused")


def test_from_the_threshold_on_the_least_weight_is_refused_first(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LIMITS", CROWDED)
    # Nobody else waits, and the flood is refused all the same before the room is full.
    assert filled(door, ANN, 10) == 73
    assert door.spool.totals().weight == 10 * SHARE_ONE
    assert weighed(door, BOB, 0, 1_000) is not None
    with pytest.raises(OutweighedError) as light:
        weighed(door, ANN, 73, 10)
    assert light.value.code == "outweighed"
    assert pickle.loads(pickle.dumps(light.value)).weight == light.value.weight


def test_the_weight_and_the_tip_that_are_told_would_do(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LIMITS", CROWDED)
    for nonce in range(72):
        weighed(door, ANN, nonce, 1_000)
    with pytest.raises(OutweighedError) as refused:
        weighed(door, BOB, 0, 1)
    weight = refused.value.weight
    assert weight is not None
    assert refused.value.tip is None
    with pytest.raises(OutweighedError):
        weighed(door, BOB, 0, weight - 1)
    with pytest.raises(OutweighedError) as nearly:
        weighed(door, BOB, 0, weight - 5)
    assert nearly.value.tip == 5
    tipped = [
        door.candidate(BOB, 0, tip=tip)._replace(kind=ORDINARY, weight=(weight - 5) * SHARE_ONE)
        for tip in (4, 5)
    ]
    with pytest.raises(OutweighedError):
        door.spool.admit(tipped[0])
    door.spool.admit(tipped[1])


def test_reserves_hold_when_all_else_is_full(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIMITS", CROWDED)
    ordinary = filled(door, ANN, 10) + filled(door, BOB, 10_000)
    assert 85 <= ordinary <= 90
    for nonce in range(3):
        weighed(door, KEYS[0], nonce, 0, kind=SERVICE)
    with pytest.raises(OutweighedError):
        weighed(door, KEYS[0], 3, 0, kind=SERVICE)
    # What is left of the reserve is for who has nothing waiting.
    weighed(door, KEYS[3], 0, 0, kind=SERVICE)
    assert weighed(door, KEYS[3], 1, 0, kind=NEWCOMER) is not None
    door.spool.remove([packet.id for packet in door.spool.read(1 << 24)])
    assert door.spool.totals() == Waiting()
    assert door.spool.totals(KINDS[SERVICE]) == Waiting()


def test_where_a_read_has_too_little_room_the_heavy_come_first(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LIMITS", CROWDED)
    for nonce in range(20):
        weighed(door, ANN, nonce, 1)
    heavy = [door.candidate(BOB, nonce) for nonce in range(3)]
    for each in heavy:
        door.spool.admit(each._replace(weight=10**6 * SHARE_ONE, kind=ORDINARY), NODE)
    size = heavy[0].packet.size_bytes
    read = [packet.id for packet in door.spool.read(6 * size)]
    assert {each.signed.id for each in heavy} < set(read)
    assert len(door.spool.read(1 << 20)) == 23, "with room for all they come as they came"


def test_what_was_left_by_an_older_focusmesh_has_no_weight(door: Door) -> None:
    door.spool.leave(door.candidate(ANN, 0).packet)
    assert door.spool.totals(ANN.public).weight == 0
