"""A light client on ledgers of a network that changes its rules: jumps, later beginnings, receipts, the page."""

from __future__ import annotations

import json
import os
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.host.light import (
    LightClient,
    LightState,
    begin_at_block,
    begin_with_network,
    write_state,
)
from focusmesh.host.light.share_sources import LedgerFolderSource
from focusmesh.host.storage import Folder, operations
from focusmesh.kernel.block import Chain, Header
from focusmesh.kernel.receipts import ReceiptMaker
from focusmesh.kernel.state import ChangeRules, LmdbStore
from focusmesh.protocol.codec import encode
from tests.host.voted_ledgers import VALIDATORS, VotedLedger
from tests.interface.web.verifiers.verifier import light_outcomes, refusals
from tests.kernel.block.ledger import particle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.kernel.light import Trusted

EPOCH_MS = 5_000


@contextmanager
def opened(ledger: VotedLedger) -> Iterator[Chain]:
    """A store is open once a process."""
    with closing(LmdbStore(Folder(ledger.path).store, readonly=True)) as store:
        yield Chain(store, operations())


def pass_change(ledger: VotedLedger, *changes: tuple[str, int]) -> None:
    """All validators vote for a proposal; it holds from the next epoch on."""
    listed = encode([list(each) for each in changes])
    with opened(ledger) as chain:
        proposed = ["propose_change/1", listed, b"", "", "", chain.epoch + 1]
    ledger.blocks([(VALIDATORS[0], proposed)])
    with opened(ledger) as chain:
        change = next(value for _, value in chain.state.scan(b"/kv/change/of/"))
    ledger.blocks([(key, ["vote_change/1", change, True]) for key in VALIDATORS])


def end_epoch(ledger: VotedLedger) -> int:
    """A block after so long that it ends its epoch; its height."""
    link = ["link/1", particle(ledger.nonces[VALIDATORS[1].public]), particle("end"), b"", 5]
    (header,) = ledger.blocks([(VALIDATORS[1], link)], step_ms=EPOCH_MS)
    assert header.ends_epoch
    return header.height


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> VotedLedger:
    """Epochs ended by time, two changes of parameters, a validator more."""
    rules = ChangeRules(epoch_ms=EPOCH_MS, heartbeat_ms=1_000, change_deposit=10)
    ledger = VotedLedger(tmp_path_factory.mktemp("changed") / "ledger", rules, epoch_blocks=200)
    ledger.grow(3)
    end_epoch(ledger)
    pass_change(ledger, ("link_burn", 3))
    end_epoch(ledger)
    ledger.grow(70)
    ledger.bond()
    end_epoch(ledger)
    ledger.grow(3)
    pass_change(ledger, ("agreement.epoch_blocks", 100), ("link_burn", 4))
    end_epoch(ledger)
    ledger.grow(4)
    return ledger


@pytest.fixture
def source(changed: VotedLedger) -> Iterator[LedgerFolderSource]:
    found = LedgerFolderSource(str(changed.path))
    yield found
    found.close()


class Peer:
    """A source that shows no validators by themselves, as nodes do not."""

    def __init__(self, source: LedgerFolderSource) -> None:
        self._source = source

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def validators(self, height: int) -> bytes:
        return b""


def client(tmp_path: Path, trusted: Trusted, *sources: Any) -> LightClient:
    path = tmp_path / "light"
    write_state(path, LightState(trusted, ()))
    return LightClient(path, sources, samples=2, rng=os.urandom)


@pytest.mark.parametrize("jumps", [True, False])
def test_it_follows_from_the_genesis_on(
    source: LedgerFolderSource, tmp_path: Path, jumps: bool
) -> None:
    chain = source._opened.reading()
    begun = client(tmp_path, begin_with_network([source], chain.network), source)
    step = begun.step(jumps=jumps)
    assert begun.header == chain.tip
    assert begun.chain.parameters == chain.parameters
    assert (step.jumped > 60) == jumps


def test_it_begins_at_any_later_block_with_what_headers_commit_to(
    source: LedgerFolderSource, tmp_path: Path
) -> None:
    chain = source._opened.reading()
    ends = [at for at in range(1, chain.height) if chain.header(at).ends_epoch]
    for height in [1, *ends, *(at + 1 for at in ends), chain.height - 1]:
        header = chain.header(height)
        trusted = begin_at_block([Peer(source)], height, header.id)
        assert Header.decode(trusted.header) == header
        assert trusted.read_parameters() == chain.parameters_of(height)
        begun = client(tmp_path, trusted, source)
        begun.step(jumps=False)
        assert begun.header == chain.tip


def test_receipts_of_the_ends_of_epochs_are_verified(
    source: LedgerFolderSource, tmp_path: Path
) -> None:
    """Python's client, and the page's verifier: against headers of version 2."""
    chain = source._opened.reading()
    maker = ReceiptMaker(chain, VALIDATORS[0])
    begun = client(tmp_path, begin_with_network([source], chain.network), source)
    ends = [at for at in range(chain.height - 10, chain.height) if chain.header(at).ends_epoch]
    cases: list[dict[str, str]] = []
    for height in (*ends, *(at + 1 for at in ends), chain.height):
        receipt = maker.rank(height, 3)
        assert begun.verify(receipt).receipt == receipt
        cases += [
            {"receipt": receipt.to_json(), "header": json.dumps(chain.header(at).as_json())}
            for at in (height, height - 1)
        ]
    assert ends
    assert refusals(cases) == [None, "block"] * (len(cases) // 2)


def test_the_pages_light_client_follows_the_same_ledger(
    source: LedgerFolderSource,
) -> None:
    chain = source._opened.reading()
    trusted = begin_with_network([source], chain.network)
    fields = ("header", "proof", "rotation", "decision", "parameters")
    headers = [
        {field: getattr(each, field).hex() for field in fields}
        for each in source.headers(1, chain.height)
    ]
    case = {
        "trust": {
            field: getattr(trusted, field).hex()
            for field in ("header", "parameters", "voters", "refused")
        },
        "now": chain.tip.time,
        "act": "take",
        "headers": headers,
    }
    assert light_outcomes([case]) == [{"code": None, "height": chain.height}]
