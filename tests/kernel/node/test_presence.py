"""What a validator's node says by itself: that it is there, when it is time; and what a jail means for it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from focusmesh.kernel.node.presence import (
    OwnPresence,
    count_jailed,
    is_alive_due,
    jail_notice,
)
from focusmesh.protocol.signal import parse
from tests.apps.validators.paying import ALL, KEYS, Paying, twice

if TYPE_CHECKING:
    from collections.abc import Collection

    from focusmesh.protocol.identity import SigningKey


class Pool:
    """A pool of signals that keeps all that it is given."""

    def __init__(self) -> None:
        self.packets: dict[bytes, Any] = {}

    def add(self, packet: Any, signed: Any, *, is_local: bool) -> None:
        self.packets[packet.id] = packet

    def has(self, signal: bytes) -> bool:
        return signal in self.packets

    def entries(self) -> list[Any]:
        return [SimpleNamespace(signed=parse(packet.wire)) for packet in self.packets.values()]


def idle(node: Paying) -> SigningKey:
    """A validator that makes no blocks."""
    return next(key for key in KEYS if key.public != node.chain.tip.proposer)


def owner(key: SigningKey) -> Any:
    """Whoever has the key of one validator."""

    def find(validators: Collection[bytes]) -> SigningKey | None:
        return key if key.public in validators else None

    return find


def test_a_node_says_that_it_is_there_once_it_is_time() -> None:
    node = Paying(absence_ms=900, absence_epochs=9)
    key, pool = idle_after_first_epoch(node), Pool()
    own = OwnPresence(node.chain, pool)  # type: ignore[arg-type]
    own.tell(key)
    assert not pool.packets, "it was seen in the last epoch"
    for _ in range(3):
        assert not is_alive_due(node.chain, key.public)
        node.pass_epoch(time=node.chain.tip.time + 100)
    own.tell(key)
    own.tell(key)
    (packet,) = pool.packets.values()
    assert node.codes(parse(packet.wire)) == ["ok"]
    own.tell(key)
    assert len(pool.packets) == 1, "once an epoch"
    assert not is_alive_due(node.chain, node.chain.tip.proposer), "its blocks show it"


def idle_after_first_epoch(node: Paying) -> SigningKey:
    """Such a validator, when its time has begun to run."""
    node.pass_epoch(time=node.chain.tip.time + 100)
    return idle(node)


def test_a_network_that_has_no_such_rules_hears_nothing() -> None:
    from tests.kernel.block.changing import ChangingVoted

    node = ChangingVoted()
    assert not is_alive_due(node.chain, node.keys[0].public)


def test_whoever_is_in_jail_is_told_what_to_do() -> None:
    node = Paying([1_000, *[100_000] * 7])
    key = KEYS[0]
    assert jail_notice(node.chain, owner(key)) == ""
    assert count_jailed(node.chain) == 0
    evidence = twice(key, node.chain.network)
    assert node.code(ALL, "accuse/2", evidence) == "ok"
    words = jail_notice(node.chain, owner(key))
    assert f"until {node.bond(key).jailed_until} ms" in words
    assert "focusmesh tx unjail" in words
    assert jail_notice(node.chain, owner(KEYS[1])) == ""
    assert count_jailed(node.chain) == 1
    node.pass_epoch()
    assert node.code(ALL, "accuse/2", twice(key, node.chain.network, 2)) == "ok"
    assert "never votes again" in jail_notice(node.chain, owner(key))
