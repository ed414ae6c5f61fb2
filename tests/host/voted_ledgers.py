"""Ledgers in folders whose blocks validators decided: the votes are signed by hand, so that no node has to run."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from focusmesh.host.storage.ledger_folder import Folder, create, operations
from focusmesh.kernel.block import Candidates, Chain, Grant
from focusmesh.kernel.state import (
    Agreement,
    Bonded,
    ChangeRules,
    LmdbStore,
    Parameters,
    read_account,
)
from focusmesh.protocol.signal import Signal, parse, sign
from tests.kernel.block.ledger import KEYS, particle
from tests.kernel.block.voted import decided

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.kernel.block import Header
    from focusmesh.protocol.identity import SigningKey

VALIDATORS = sorted(KEYS, key=lambda key: key.public)[:3]
NEWCOMER = sorted(KEYS, key=lambda key: key.public)[3]
EPOCH, BOND = 4, 1_000
STEP_MS = 50


class VotedLedger:
    """Three validators with the same bond; a fourth can bond. Blocks begin a minute ago, ``STEP_MS`` apart.

    What is at ``path`` already goes on.
    """

    def __init__(self, path: Path, changes: ChangeRules | None = None, **agreement: Any) -> None:
        self.path = path
        self.nonces = dict.fromkeys([key.public for key in KEYS], 0)
        if path.exists():
            self._read_nonces()
            return
        validators = tuple(Bonded(key.public, BOND) for key in VALIDATORS)
        terms = {"epoch_blocks": EPOCH, "voters": validators, **agreement}
        version = 4 if changes is None else 5
        parameters = Parameters(version=version, agreement=Agreement(**terms), changes=changes)
        grants = [Grant(key.public, 10_000, 1_000_000) for key in (*VALIDATORS, NEWCOMER)]
        now = int(time.time() * 1_000) - 60_000
        create(Folder(path), path.name, parameters, grants, now)

    def _read_nonces(self) -> None:
        store = LmdbStore(Folder(self.path).store, readonly=True)
        with Chain(store, operations()).state.at() as view:
            for key in KEYS:
                account = read_account(view.get, key.public)
                self.nonces[key.public] = 0 if account is None else account.nonce
        store.close()

    def grow(self, count: int, *, covered: bool = False) -> list[Header]:
        """So many more blocks of a link each, all decided; ``covered``: the last one's decision is for all."""
        first = self.nonces[VALIDATORS[0].public]
        links = [["link/1", particle(first + at), particle("to"), b"", 5] for at in range(count)]
        return self.blocks([(VALIDATORS[0], each) for each in links], covered=covered)

    def bond(self, amount: int = 5 * BOND) -> None:
        """A block in which the newcomer bonds: it votes from the next epoch on."""
        self.blocks([(NEWCOMER, ["bond/1", amount])])

    def blocks(
        self,
        signals: list[tuple[SigningKey, list[Any]]],
        *,
        covered: bool = False,
        step_ms: int = STEP_MS,
    ) -> list[Header]:
        """A block a signal, ``step_ms`` apart."""
        store = LmdbStore(Folder(self.path).store)
        try:
            candidates = Candidates(store, operations())
            made: list[Header] = []
            for key, operation in signals:
                parent = made[-1] if made else candidates.final
                made.append(self._made(candidates, parent, key, operation, step_ms))
                if not covered or len(made) == len(signals):
                    self._decide(candidates, made[-1])
            return made
        finally:
            store.close()

    def _made(
        self,
        candidates: Candidates,
        parent: Header,
        key: SigningKey,
        operation: list[Any],
        step_ms: int,
    ) -> Header:
        nonce = self.nonces[key.public]
        self.nonces[key.public] += 1
        fields: dict[str, Any] = {
            "network": candidates.decided.network,
            "neuron": key.public,
            "nonce": nonce,
            "expires_height": 10_000,
            "operations": [operation],
        }
        proposer = next(each for each in VALIDATORS if each.public in candidates.decided.proposers)
        signal = parse(sign(Signal(**fields), key))
        made = candidates.make(parent.id, [signal], parent.time + step_ms, proposer)
        assert not made.refused, made.refused
        assert made.block is not None
        return made.block.header

    def _decide(self, candidates: Candidates, header: Header) -> None:
        chain = candidates.decided
        validator_set = chain.validator_set
        assert validator_set is not None
        validators = [key for key in KEYS if validator_set.weight(key.public)]
        candidates.decide(header.id, decided(header, chain.epoch, validators))
