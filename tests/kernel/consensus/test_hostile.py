"""Whatever bytes a peer sends, an engine takes them or refuses them with a ProofError, and goes on."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import ProofError
from focusmesh.kernel.consensus import BatchedEngine, Simplex, Snowman, Solo, TwoPhaseSnowman
from focusmesh.protocol.codec import decode, encode
from tests.kernel.consensus.scheduling import NETWORK, PACE, ROOT, Net, holds, key, validator_set
from tests.kernel.consensus.snowman.test_snowman import engine as snowman
from tests.kernel.consensus.test_batched import QuorumNet, fed

if TYPE_CHECKING:
    from focusmesh.kernel.consensus import Consensus

ODD = [0, -1, 1 << 62, (1 << 64) - 1, "", b"", bytes(32), bytes(64), [], [[]], None, True, 1.5, {}]


def overheard(net: Net) -> list[bytes]:
    """What honest nodes said in a run, one of each."""
    found = {
        notice.data: None
        for node in net.nodes.values()
        for _, (_, _, effects) in node.trace
        for notice in effects.notices
    }
    return list(found)


def changed(value: Any, rng: Random) -> Any:
    """One part of it is something else."""
    if isinstance(value, list) and value and rng.random() < 0.9:
        place = rng.randrange(len(value))
        return [*value[:place], changed(value[place], rng), *value[place + 1 :]]
    if isinstance(value, bytes) and value and rng.random() < 0.5:
        place = rng.randrange(len(value))
        return value[:place] + bytes([value[place] ^ 1 << rng.randrange(8)]) + value[place + 1 :]
    return rng.choice(ODD)


def deep(data: bytes, rng: Random) -> bytes:
    """A notice with a part changed, in the bytes inside of it too; or some of its bytes."""
    if rng.random() < 0.1:
        return data[: rng.randrange(len(data))] + rng.randbytes(rng.randrange(4))
    parts = decode(data)
    for place, part in enumerate(parts):
        if type(part) is bytes and len(part) > 64 and rng.random() < 0.5:
            try:
                return encode(
                    [*parts[:place], encode(changed(decode(part), rng)), *parts[place + 1 :]]
                )
            except ValueError:
                continue
    return encode(changed(parts, rng))


def notices_of(name: str) -> list[bytes]:
    if name == "quorum":
        net = QuorumNet((1,) * 4, seed=2)
        for node in net.nodes.values():
            net.call(node, "begin")
        fed(net, 300, 20)
        net.run(900)
        return overheard(net)
    by_samples: dict[str, Any] = {
        "snowman": snowman,
        "two phases": partial(snowman, make=TwoPhaseSnowman),
    }
    plain = Net((1,) * 4, seed=2, make=by_samples.get(name, Simplex))
    plain.link = lambda now, one, other: None if plain.rng.random() < 0.1 else 20
    plain.begin()
    plain.run(900)
    return overheard(plain)


def made(name: str) -> Consensus:
    validators = validator_set((1,) * 4)
    options: Any = {"pace": PACE, "check": holds}
    engines: dict[str, Any] = {
        "simplex": lambda: Simplex(NETWORK, validators, ROOT, key(1), **options),
        "quorum": lambda: BatchedEngine(NETWORK, validators, ROOT, key(1), **options),
        "snowman": lambda: Snowman(
            NETWORK, validators, ROOT, key(1), rng=Random(1).randbytes, **options
        ),
        "two phases": lambda: TwoPhaseSnowman(
            NETWORK, validators, ROOT, key(1), rng=Random(1).randbytes, **options
        ),
        "solo": lambda: Solo(NETWORK, key(0).public, ROOT),
    }
    found: Consensus = engines[name]()
    return found


@pytest.mark.parametrize("name", ["simplex", "quorum", "snowman", "two phases", "solo"])
def test_changed_notices_are_taken_or_refused(name: str) -> None:
    rng = Random(9)
    if name == "solo":
        proposer = Solo(NETWORK, key(0).public, ROOT, key(0))
        said = [each.data for each in proposer.propose(0, 1, bytes(32), b"header").notices]
    else:
        said = notices_of(name)
    assert said
    refused = 0
    target = made(name)
    target.begin(0)
    for step in range(3_000):
        if step % 500 == 0:
            target = made(name)
            target.begin(0)
        data = rng.choice(said)
        try:
            target.deliver(
                step, key(rng.randrange(5)).public, deep(data, rng) if step % 3 else data
            )
            target.tick(step)
        except ProofError:
            refused += 1
    assert 0 < refused < 3_000
