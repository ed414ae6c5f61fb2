"""Weights of neurons: sums over links as a slow model finds them, additive, and at most twice the stake."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.errors import BlockError
from focusmesh.kernel.admission import SHARE_ONE, agreed_weight, known_weight, link_weights
from focusmesh.kernel.admission.focus_shares import focus_shares, share_steps, smaller_shares
from focusmesh.kernel.admission.link_sums import LinkWeights, mark_before
from focusmesh.kernel.state import read_account
from tests.kernel.block.ledger import KEYS, Ledger, particle

if TYPE_CHECKING:
    from focusmesh.kernel.block import Chain

NAMES = [particle(name) for name in "abcdefgh"]


@given(st.integers(1, 1 << 40), st.integers(0, 1 << 62))
def test_steps_are_roots_of_whole_numbers(median: int, above: int) -> None:
    leader = median + above
    steps = share_steps(median, leader)
    assert (steps == []) == (not above)
    for k, step in enumerate(steps[:-1], start=1):
        product = median ** (SHARE_ONE - k) * leader**k
        assert (step - 1) ** SHARE_ONE <= product < step**SHARE_ONE
    assert steps == sorted(steps)
    assert steps[-1:] == ([leader] if above else [])


def test_g_goes_from_the_median_to_the_leader() -> None:
    vector = np.array([5, 10, 10, 10, 20, 40, 10 << 16], dtype=np.uint64)
    assert focus_shares(vector).tolist() == [0, 0, 0, 0, 0, 1, 16]
    assert focus_shares(np.array([7, 7], dtype=np.uint64)).tolist() == [0, 0]


def test_of_two_foci_the_smaller_counts_and_who_was_not_there_has_none() -> None:
    shares = [np.array([3, 9, 4]), np.array([5, 2])]
    assert smaller_shares(shares, 4).tolist() == [3, 2, 0, 0]
    assert smaller_shares([], 2).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("height", "mark"), [(0, 0), (15, 0), (31, 0), (32, 16), (47, 16), (48, 32)]
)
def test_a_mark_lies_a_quarter_to_half_of_the_window_back(height: int, mark: int) -> None:
    assert mark_before(height, 64) == mark
    assert mark_before(height, 0) == max(height - 1, 0)


def moved(ledger: Ledger, random: Random, blocks: int) -> None:
    """Blocks in which three neurons link and unlink at random."""
    mine: dict[bytes, list[list[Any]]] = {key.public: [] for key in KEYS[1:4]}
    for _ in range(blocks):
        signals = []
        for key in KEYS[1:4]:
            links = mine[key.public]
            if links and random.random() < 0.4:
                link = links.pop(random.randrange(len(links)))
                signals.append(ledger.signed(key, ["unlink/1", *link]))
            else:
                target = NAMES[min(random.randrange(8), random.randrange(8))]
                source = random.choice([name for name in NAMES if name != target])
                link = [source, target, b""]
                links[:] = [each for each in links if each != link] + [link]
                amount = random.randrange(1, 2_000)
                signals.append(ledger.signed(key, ["link/1", *link, amount]))
        ledger.block(*signals)


def modelled(chain: Chain, neuron: bytes) -> int:
    """Σ amount × g, from rows and vectors of the mark, without any of what is tested but g itself."""
    mark = mark_before(chain.height, chain.parameters.history_window)
    first = chain.header(mark).focus_certificate
    second = None if first is None else chain.header(first.height - 1).focus_certificate
    if first is None or second is None:
        return 0
    tables: list[dict[bytes, int]] = []
    with chain.state.at(mark) as view:
        digests = [digest.tobytes() for digest in view.names()[0]]
        for certificate in (first, second):
            there = sorted(digests[: certificate.particles])
            shares = focus_shares(chain.vector(certificate.height)).tolist()
            tables.append(dict(zip(there, shares, strict=True)))
        total = 0
        for source in digests:
            row = view.row(source)
            for key, amount in zip(row.keys, row.amounts, strict=True) if row else ():
                if key[64:].tobytes() == neuron:
                    target = key[:32].tobytes()
                    total += int(amount) * min(table.get(target, 0) for table in tables)
    return total


def test_sums_are_those_of_a_slow_model_whether_found_at_once_or_step_by_step() -> None:
    ledger, random = Ledger(), Random(7)
    followed = link_weights(ledger.chain)
    for _ in range(14):
        moved(ledger, random, 6)
        chain = ledger.chain
        sums, fresh = followed.at(chain), LinkWeights().at(chain)
        counted = 0
        for key in KEYS[1:4]:
            with chain.state.at() as view:
                name = view.neuron(key.public)
            expected = modelled(chain, key.public)
            counted += expected
            assert sums.amount(name) == fresh.amount(name) == expected
    assert counted > 0


def test_weights_lie_between_the_stake_and_twice_of_it() -> None:
    ledger = Ledger()
    moved(ledger, Random(3), 60)
    chain = ledger.chain
    accounts = {key.public: read_account(chain.state.get, key.public) for key in KEYS[1:4]}
    stakes = {name: account.stake * SHARE_ONE for name, account in accounts.items() if account}
    known = {
        name: known_weight(chain, name, account) for name, account in accounts.items() if account
    }
    assert known == stakes, "nothing was looked at yet"
    for name, account in accounts.items():
        assert account is not None
        weight = agreed_weight(chain, name, account)
        assert (
            stakes[name] < weight <= stakes[name] + account.locked * SHARE_ONE <= 2 * stakes[name]
        )
        assert known_weight(chain, name, account) == weight


def test_who_came_later_than_the_mark_cannot_tell() -> None:
    ledger = Ledger()
    moved(ledger, Random(3), 3)
    chain = ledger.chain

    def late(height: int) -> None:
        raise BlockError("height", f"block {height} was before this node")

    chain.vector = late  # type: ignore[method-assign,assignment]
    moved(ledger, Random(4), 40)
    with pytest.raises(BlockError):
        LinkWeights().at(chain)
