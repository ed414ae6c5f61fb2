"""What a ledger's network is like: headers with their decisions, validators, peers. What light clients go by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from focusmesh.errors import BlockError, ParameterError
from focusmesh.host.service.paging import Cursor, Page
from focusmesh.host.service.problems import NotThereError
from focusmesh.host.service.records.network import (
    DecisionPage,
    DecisionRow,
    ElectorateAnswer,
    FinalityAnswer,
    FraudPage,
    FraudRow,
    GenesisAnswer,
    HeaderPage,
    HeaderRow,
    PeerRow,
    PeersAnswer,
    UnbondingRow,
    ValidatorRow,
    ValidatorsAnswer,
    Voter,
)

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from focusmesh.host.storage import Folder, OpenedChain
    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.consensus import Decision, ValidatorSet

HEADERS_MAX = 500
"""As many as one page has."""
_LOOKED_AT = 100
"""Decisions that are looked at for who voted."""
_SOLO = "solo"


class NetworkClock(NamedTuple):
    """``block_ms``: the time of the last block; ``heartbeat_ms``: an idle network makes one so often, 0: never.

    ``unknown``: so many changes, voted on or law, need operations or migrations that this release does not have.
    """

    block_ms: int
    heartbeat_ms: int
    unknown: int


class Networks:
    """Answers light clients and who looks after a network. Safe between threads."""

    def __init__(self, folder: Folder, opened: OpenedChain) -> None:
        self._folder = folder
        self._opened = opened

    def headers(self, first: int, limit: int) -> HeaderPage:
        """Up to ``limit`` headers from height ``first`` on. Raises BlockError ("height", "rotation")."""
        from focusmesh.kernel.block import Header, read_signed_headers

        if not 1 <= limit <= HEADERS_MAX:
            raise ParameterError(f"a page has 1 … {HEADERS_MAX} headers, not {limit}")
        with self._opened.lock:
            chain = self._opened.reading()
            tip = chain.height
            signed = read_signed_headers(chain, first, min(first + limit - 1, tip))
        rows = [
            HeaderRow(
                height=first + at,
                id=Header.decode(each.header).id.hex(),
                header=each.header.hex(),
                proof=each.proof.hex(),
                rotation=each.rotation.hex(),
                decision=each.decision.hex(),
                parameters=each.parameters.hex(),
            )
            for at, each in enumerate(signed)
        ]
        return HeaderPage(tip=tip, items=rows)

    def header(self, height: int) -> HeaderRow:
        """One of them."""
        page = self.headers(height, 1)
        if not page.items:
            raise BlockError("height", f"there is no block {height}, the last one is {page.tip}")
        return page.items[0]

    def clock(self) -> NetworkClock:
        """What tells a clock that stands, and an upgrade that is due. O(proposals)."""
        from focusmesh.kernel.state import read_proposals

        with self._opened.lock:
            chain = self._opened.reading()
            changes = chain.parameters.changes
            if changes is None:
                return NetworkClock(chain.tip.time, 0, 0)
            with chain.state.at() as view:
                needs = [(each.operations, each.migrations) for each in read_proposals(view.scan)]
            needs.append((chain.rules.operations, chain.rules.migrations))
            registry = chain.registry
            unknown = sum(
                bool(operations and registry.of(operations) is None)
                or not registry.migrations.keys() >= set(migrations)
                for operations, migrations in needs
            )
            return NetworkClock(chain.tip.time, changes.heartbeat_ms, unknown)

    def genesis(self) -> GenesisAnswer:
        """What the network began with."""
        from focusmesh.protocol.codec import encode

        with self._opened.lock:
            genesis = self._opened.reading().genesis
        return GenesisAnswer(
            network=genesis.network.hex(),
            name=genesis.name,
            genesis=genesis.encode().hex(),
            parameters=encode(genesis.parameters.as_fields()).hex(),
        )

    def validator_set(self, height: int) -> ElectorateAnswer:
        """Who makes the block at ``height`` final, up to the next one. Raises BlockError ("height")."""
        from focusmesh.kernel.block import validator_set_bytes

        with self._opened.lock:
            chain = self._opened.reading()
            if not 0 < height <= chain.height + 1:
                raise BlockError(
                    "height", f"blocks 1 … {chain.height + 1} are decided, not {height}"
                )
            makers = chain.makers_of(height)
            if makers:
                return _solo_validator_set(makers, height)
            validator_set = chain.validator_set_of(height)
            epoch, kind = chain.epoch_of(height), chain.parameters_of(height).kind
        return ElectorateAnswer(
            height=height,
            kind=kind,
            epoch=epoch,
            voters=validator_set_bytes(validator_set).hex(),
            total=validator_set.total,
            quorum=validator_set.quorum,
            items=[Voter(key=key.hex(), weight=w) for key, w in validator_set.weights.items()],
        )

    def decisions(self, limit: int = 20, cursor: str | None = None) -> DecisionPage:
        """The last decisions, newest first. Each looks through blocks up to the last one that has its own."""
        with self._opened.lock:
            chain = self._opened.reading()
            page = Page.of("decisions", chain.network.hex(), None, limit, cursor)
            first = chain.height if cursor is None else min(page.offset, chain.height)
            found, left = _decisions_below(chain, first, limit)
            rows = [_decision_row(chain, decision) for decision in found]
            tip = chain.tip
        following = Cursor(page.root, page.asked, None, left).write() if left else None
        return DecisionPage(
            root=tip.state_root.hex(), height=tip.height, items=rows, cursor=following
        )

    def validators(self) -> ValidatorsAnswer:
        """Who has a bond, heaviest first; in solo networks the keys that may make blocks. O(validators)."""
        from collections import Counter

        with self._opened.lock:
            chain = self._opened.reading()
            validator_set, tip = chain.validator_set, chain.tip
            found = (
                []
                if validator_set is None
                else _decisions_below(chain, chain.height, _LOOKED_AT)[0]
            )
            voted = Counter(validator for each in found for validator in each.certificate.signers)
            rows = (
                _solo_rows(chain) if validator_set is None else _rows(chain, validator_set, voted)
            )
        return ValidatorsAnswer(
            root=tip.state_root.hex(),
            height=tip.height,
            kind=chain.parameters.kind,
            epoch=0 if validator_set is None else chain.epoch,
            total=0 if validator_set is None else validator_set.total,
            quorum=0 if validator_set is None else validator_set.quorum,
            decisions=len(found),
            items=rows,
        )

    def peers(self) -> PeersAnswer:
        """What the node that runs on the ledger says of itself and who is connected to it."""
        said = self._said()
        return PeersAnswer(
            running=said is not None,
            key=str((said or {}).get("key", "")),
            address=str((said or {}).get("address", "")),
            height=int((said or {}).get("height", 0)),
            trouble=str((said or {}).get("trouble") or ""),
            items=[
                PeerRow(key=each["key"], address=each["address"], height=each["height"])
                for each in (said or {}).get("peers", [])
            ],
            said={} if said is None else {k: v for k, v in said.items() if k != "peers"},
        )

    def finality(self) -> FinalityAnswer:
        """How the network stands: the last block, its epoch and round, who decides."""
        said = self._said()
        with self._opened.lock:
            chain = self._opened.reading()
            tip, validator_set = chain.tip, chain.validator_set
            last = [] if validator_set is None else _decisions_below(chain, chain.height, 1)[0]
        agreement = chain.parameters.agreement
        present = (said or {}).get("voters")
        return FinalityAnswer(
            root=tip.state_root.hex(),
            height=tip.height,
            kind=chain.parameters.kind,
            id=tip.id.hex(),
            time=tip.time,
            epoch=0 if agreement is None else chain.epoch,
            epoch_end=chain.epoch_end_most or 0,
            round=last[0].proposal.round if last else 0,
            voters=len(chain.proposers) if validator_set is None else len(validator_set.weights),
            total=0 if validator_set is None else validator_set.total,
            quorum=0 if validator_set is None else validator_set.quorum,
            trusting_ms=0 if agreement is None else agreement.trusting_ms,
            unbonding_ms=0 if agreement is None else agreement.unbonding_ms,
            present=len(present) if isinstance(present, list) else present,
            trouble=str((said or {}).get("trouble") or ""),
        )

    def frauds(self) -> FraudPage:
        """The proofs of fraud that this node keeps: who follows a chain with such a block is to leave it."""
        from focusmesh.host.storage import kept_frauds

        kept = kept_frauds(self._folder)
        return FraudPage(
            items=[FraudRow(block=block.hex(), bytes=len(kept[block])) for block in sorted(kept)]
        )

    def fraud(self, block: str) -> bytes:
        """One of them. Raises NotThereError."""
        from focusmesh.host.storage import kept_frauds

        found = kept_frauds(self._folder).get(bytes.fromhex(block))
        if found is None:
            raise NotThereError(f"no proof against block {block[:16]}… is kept here")
        return found

    def _said(self) -> dict[str, Any] | None:
        """None where no node runs."""
        from focusmesh.host.node import network_state
        from focusmesh.host.storage import serving

        state = network_state(self._folder)
        return (
            state if state is not None and state.get("process") == serving(self._folder) else None
        )


def _decisions_below(chain: Chain, height: int, limit: int) -> tuple[list[Decision], int]:
    """Up to ``limit`` decisions from ``height`` down, and the height below them; 0 where there are no more."""
    from focusmesh.kernel.consensus import Decision

    found: list[Decision] = []
    while height > 0 and len(found) < limit:
        data = chain.decision_of(height)
        if data:
            found.append(Decision.from_bytes(data))
        height -= 1
    return found, height


def _decision_row(chain: Chain, decision: Decision) -> DecisionRow:
    from focusmesh.kernel.consensus import epoch_of_number

    proposal, validators = decision.proposal, decision.certificate.signers
    validator_set, header = chain.validator_set_of(proposal.height), chain.header(proposal.height)
    return DecisionRow(
        height=proposal.height,
        id=proposal.subject.hex(),
        time=header.time,
        epoch=epoch_of_number(proposal.epoch),
        round=proposal.round,
        voters=[validator.hex() for validator in validators],
        weight=validator_set.weight_of(validators),
        total=validator_set.total,
    )


def _rows(chain: Chain, validator_set: ValidatorSet, voted: Counter[bytes]) -> list[ValidatorRow]:
    from focusmesh.apps.validators import validators

    with chain.state.at() as view:
        records = validators(view)
    rows = [
        ValidatorRow(
            neuron=each.neuron.hex(),
            key=each.key.hex(),
            bond=each.bond,
            delegated=each.delegated,
            own_share=each.own_share,
            commission=each.commission,
            weight=validator_set.weight(each.key),
            share=validator_set.weight(each.key) / validator_set.total,
            jailed=each.jailed,
            unbonding=[
                UnbondingRow(amount=amount, until=until) for amount, until in each.unbonding
            ],
            voted=voted[each.key],
            jailed_until=each.jailed_until,
            tombstoned=each.tombstoned,
            seen=each.seen,
        )
        for each in records
    ]
    return sorted(rows, key=lambda row: (-row.weight, -row.bond, row.key))


def _solo_rows(chain: Chain) -> list[ValidatorRow]:
    return [
        ValidatorRow(
            neuron=key.hex(),
            key=key.hex(),
            bond=0,
            delegated=0,
            own_share=0,
            commission=0,
            weight=0,
            share=1 / len(chain.proposers),
            jailed=False,
            unbonding=[],
            voted=0,
        )
        for key in chain.proposers
    ]


def _solo_validator_set(keys: Sequence[bytes], height: int) -> ElectorateAnswer:
    """The keys that may make a block: the one before commits to them where nothing changed since."""
    from focusmesh.protocol.codec import encode

    return ElectorateAnswer(
        height=height,
        kind=_SOLO,
        epoch=0,
        voters=encode(list(keys)).hex(),
        total=len(keys),
        quorum=1,
        items=[Voter(key=key.hex(), weight=1) for key in keys],
    )
