"""Who is away for long is not elected until it says that it is back, and loses no stake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from focusmesh.kernel.block import verify_chain
from focusmesh.kernel.block.chain import block_end
from focusmesh.kernel.state import read_presence
from focusmesh.kernel.state.staking import presence
from tests.apps.validators.paying import ALL, BOND, KEYS, REGISTRY, Paying

if TYPE_CHECKING:
    import pytest

RULES: dict[str, Any] = {"absence_ms": 50, "absence_epochs": 2}


def at_work(node: Paying) -> set[bytes]:
    """Who votes now and makes blocks: the first of them makes them all."""
    return set(node.chain.proposers)


def maker(node: Paying) -> bytes:
    """Who made the last block."""
    return node.chain.tip.proposer


def pass_epochs(node: Paying, count: int, time_ms: int = 100) -> None:
    """So many epochs, each so long."""
    for _ in range(count):
        node.pass_epoch(time=node.chain.tip.time + time_ms)


def jailed(node: Paying) -> list[bytes]:
    return [key.public for key in KEYS if node.bond(key).is_jailed]


def test_a_sixth_at_most_is_jailed_at_the_end_of_an_epoch() -> None:
    node = Paying(**RULES)
    pass_epochs(node, 2)
    assert jailed(node) == [], "they count from the end of the first epoch on"
    pass_epochs(node, 1)
    (first,) = jailed(node)
    assert first != maker(node)
    assert len(at_work(node)) == 7
    pass_epochs(node, 3)
    # A sixth of what votes: of six with the same weight one is that, of five it is not.
    assert len(jailed(node)) == 3
    assert len(at_work(node)) == 5
    assert all(node.bond(key).amount == BOND for key in KEYS)
    assert maker(node) in at_work(node)
    assert verify_chain(node.store, REGISTRY).height == node.chain.height


def test_without_that_limit_one_epoch_would_leave_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of the one above."""
    monkeypatch.setattr(presence, "JAILED_PART", 1)
    node = Paying(**RULES)
    pass_epochs(node, 3)
    assert len(at_work(node)) == 1


def test_those_away_for_longest_come_first() -> None:
    node = Paying(**RULES)
    pass_epochs(node, 1)
    others = [key for key in KEYS if key.public != maker(node)]
    said = [node.signed(key, ["alive/1"]) for key in others[:-1]]
    assert set(node.codes(*said)) == {"ok"}
    pass_epochs(node, 2)
    assert jailed(node) == [others[-1].public]


def test_whoever_says_that_it_is_alive_stays() -> None:
    node = Paying(**RULES)
    for _ in range(6):
        signals = [node.signed(key, ["alive/1"]) for key in KEYS if key.public in at_work(node)]
        codes = node.codes(*signals, time=node.chain.tip.time + 100)
        assert set(codes) <= {"ok", "alive"}
        pass_epochs(node, 1)
    assert jailed(node) == []


def test_once_an_epoch_is_enough_and_only_validators_say_it() -> None:
    node = Paying(**RULES)
    other = next(key for key in KEYS if key.public != maker(node))
    assert node.code(other, "alive/1") == "ok"
    assert node.code(other, "alive/1") == "alive"
    assert node.code(ALL, "alive/1") == "absent"
    pass_epochs(node, 1)
    assert node.code(other, "alive/1") == "ok"


def test_an_epoch_of_few_blocks_and_a_stop_of_the_network_jail_nobody() -> None:
    node = Paying(absence_ms=1_000, absence_epochs=3)
    pass_epochs(node, 8, time_ms=1)
    assert jailed(node) == [], "many epochs, little time"
    node.pass_epoch(time=node.chain.tip.time + 10**6)
    assert len(jailed(node)) == 1, "both"
    node = Paying(absence_ms=1_000, absence_epochs=3)
    pass_epochs(node, 1)
    node.pass_epoch(time=node.chain.tip.time + 10**6)
    assert jailed(node) == [], "much time, one epoch"


def test_who_comes_back_counts_as_present_from_then_on() -> None:
    node = Paying(**RULES)
    pass_epochs(node, 3)
    (away,) = jailed(node)
    key = next(each for each in KEYS if each.public == away)
    until = node.bond(key).jailed_until
    assert node.code(key, "alive/1") == "absent", "in jail nobody is missed"
    assert node.code(key, "unjail/1", time=until) == "ok"
    seen = read_presence(node.chain.state.get, away)
    assert seen is not None
    assert seen.epoch == node.chain.epoch


def test_a_large_validator_is_not_jailed_for_absence() -> None:
    node = Paying([BOND] * 4, **RULES)
    pass_epochs(node, 6)
    assert jailed(node) == [], "a quarter is more than a sixth"


def test_who_no_longer_votes_is_forgotten() -> None:
    node = Paying(**RULES)
    pass_epochs(node, 1)
    other = next(key for key in KEYS if key.public != maker(node))
    assert read_presence(node.chain.state.get, other.public) is not None
    assert node.code(other, "unbond/1", BOND) == "ok"
    pass_epochs(node, 2)
    assert read_presence(node.chain.state.get, other.public) is None


def test_whoever_makes_a_block_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of all: where nothing notes who works, who makes all blocks is jailed as well."""
    monkeypatch.setattr(block_end, "note_workers", lambda *_: None)
    node = Paying(**RULES)
    pass_epochs(node, 1)
    first = maker(node)
    pass_epochs(node, 2)
    assert jailed(node) == [first], "of those who are equal the lowest key comes first"
