"""A light client on ledgers: begun with an id, each block sampled, receipts held against what is final for it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import ProofError
from focusmesh.host.light import (
    LightClient,
    LightState,
    begin_at_block,
    begin_with_network,
    write_state,
)
from focusmesh.host.light.share_sources import LedgerFolderSource
from focusmesh.host.service import NotThereError
from focusmesh.kernel.receipts import ReceiptMaker
from tests.host.voted_ledgers import EPOCH, VALIDATORS, VotedLedger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.kernel.light import Trusted


@pytest.fixture
def voted(tmp_path: Path) -> VotedLedger:
    """Two epochs, of which the second has one validator more; block 2 is covered by the decision for 3."""
    ledger = VotedLedger(tmp_path / "voted")
    ledger.grow(1)
    ledger.grow(2, covered=True)
    ledger.bond()
    ledger.grow(3)
    return ledger


@pytest.fixture
def source(voted: VotedLedger) -> Iterator[LedgerFolderSource]:
    opened = LedgerFolderSource(str(voted.path))
    yield opened
    opened.close()


class Withholding:
    """A source that gives no share of a block."""

    def __init__(self, source: LedgerFolderSource, height: int) -> None:
        self._source, self._height = source, height

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def share(self, height: int, *place: Any) -> Any:
        if height == self._height:
            raise NotThereError("no")
        return self._source.share(height, *place)


def network_of(source: LedgerFolderSource) -> bytes:
    return (
        LightState(begin_at_block([source], 0, _ids(source)[0]), ()).trusted.read_header().network
    )


def _ids(source: LedgerFolderSource) -> list[bytes]:
    from focusmesh.kernel.block import Header

    return [Header.decode(each.header).id for each in source.headers(0, source.tip())]


def client(tmp_path: Path, trusted: Trusted, *sources: Any, samples: int = 16) -> LightClient:
    path = tmp_path / "light"
    write_state(path, LightState(trusted, ()))
    return LightClient(path, sources, samples=samples, rng=os.urandom)


def test_it_follows_a_network_from_its_id(source: LedgerFolderSource, tmp_path: Path) -> None:
    begun = begin_with_network([source], network_of(source))
    light = client(tmp_path, begun, source)
    step = light.step()
    assert [each.height for each in step.headers] == list(range(1, 8))
    assert [each.id for each in step.headers] == _ids(source)[1:]
    assert [each.header.height for each in step.sampled] == list(range(1, 8))
    assert all(each.sampled.is_available for each in step.sampled)
    assert len(light.chain.validators()) == 4
    assert light.chain.epoch == 2


@pytest.mark.parametrize("height", [1, 2, EPOCH, EPOCH + 1, 7])
def test_it_begins_at_any_block(source: LedgerFolderSource, tmp_path: Path, height: int) -> None:
    ids = _ids(source)
    light = client(tmp_path, begin_at_block([source], height, ids[height]), source)
    assert [each.id for each in light.step().headers] == ids[height + 1 :]
    with pytest.raises(ProofError) as error:
        begin_at_block([source], height, ids[height - 1])
    assert error.value.code == "block"


def test_another_network_is_refused(source: LedgerFolderSource) -> None:
    with pytest.raises(ProofError) as error:
        begin_with_network([source], bytes(32))
    assert error.value.code == "network"


def test_a_block_whose_data_is_hidden_is_not_taken(
    source: LedgerFolderSource, tmp_path: Path
) -> None:
    begun = begin_with_network([source], network_of(source))
    hiding = Withholding(source, 3)
    light = client(tmp_path, begun, hiding)
    with pytest.raises(ProofError) as error:
        light.step()
    assert (error.value.code, light.header.height) == ("unavailable", 0)
    light = client(tmp_path, begun, hiding, source)
    assert light.step().headers[-1].height == 7


def test_receipts_hold_in_what_is_final(source: LedgerFolderSource, tmp_path: Path) -> None:
    begun = begin_with_network([source], network_of(source))
    light = client(tmp_path, begun, source, samples=0)
    chain = source._opened.reading()
    receipts = [ReceiptMaker(chain, VALIDATORS[0]).rank(height, 3) for height in (7, 2)]
    for receipt in receipts:
        assert light.verify(receipt).receipt == receipt
    other = VotedLedger(tmp_path / "other")
    other.grow(7)
    opened = LedgerFolderSource(str(other.path))
    foreign = ReceiptMaker(opened._opened.reading(), VALIDATORS[0]).rank(5, 3)
    opened.close()
    with pytest.raises(ProofError) as error:
        light.verify(foreign)
    assert error.value.code == "block"
