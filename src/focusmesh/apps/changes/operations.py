"""``propose_change/1``, ``vote_change/1`` and ``ready/1``: who votes on blocks, or makes them, changes their rules."""

from __future__ import annotations

from collections.abc import Collection  # noqa: TC003
from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

from focusmesh.errors import ParameterError, SignalError
from focusmesh.ids import DIGEST_BYTES
from focusmesh.kernel.runtime import Digest, Operation
from focusmesh.kernel.state import (
    ACCOUNT_PREFIX,
    BOUNDS,
    CHANGE_PREFIX,
    DEPOSIT_ACCOUNT,
    EPOCH_KEY,
    FIRST_BOUNDS,
    KEY_PREFIX,
    NO_MIGRATION_ROOT,
    PROPOSAL_NUMBER_KEY,
    ChangeProposal,
    ChangeVote,
    changed,
    changed_parameters,
    own_proposal_key,
    proposal_key,
    read_changes,
    read_epoch,
    read_proposal,
    ready_key,
    recent_values,
    set_proposal_key,
    vote_key,
    vote_value,
    with_agreement,
)
from focusmesh.protocol.codec import decode, encode

if TYPE_CHECKING:
    from focusmesh.kernel.runtime import Context
    from focusmesh.kernel.state import EpochStart, Parameters

CHANGES_BYTES_MAX = 4_096
AGREEMENT_BYTES_MAX = 1 << 16
"""More than the first validators take, as many as there can be."""
RELEASE_BYTES_MAX = 64
MIGRATIONS_BYTES_MAX = 1_024
EPOCHS_AHEAD_MAX = 1_000
"""So far ahead of the present epoch a change can be proposed for."""
_READS = (ACCOUNT_PREFIX, CHANGE_PREFIX, EPOCH_KEY, KEY_PREFIX)


class ProposeChange(Operation, frozen=True, tag="propose_change/1"):
    """Proposes other parameters, another set of operations, or both; whoever proposes votes for it by that.

    ``changes``: dag-cbor of ``[[name, value], …]``, or nothing. ``operations``: the digest of a set, or nothing;
    ``release`` is then the first that has it, and ``migrations`` are names, with commas between, of what is run before
    its first block. It becomes law in ``from_epoch`` at the earliest. Fails with ``"change"`` for what cannot become
    law, ``"validator"`` for who does not vote, ``"open"`` where one of this neuron, or for this set, is voted on
    already, ``"epoch"`` for one that has begun or is too far ahead, ``"deposit"`` where too little is free.
    """

    changes: Annotated[
        bytes,
        msgspec.Meta(
            max_length=CHANGES_BYTES_MAX,
            description="The dag-cbor of [[name, value], …], such as that of [['link_burn', 2]]; or nothing.",
            examples=["8182696c696e6b5f6275726e02"],
        ),
    ]
    operations: Annotated[
        bytes,
        msgspec.Meta(
            max_length=DIGEST_BYTES, description="The digest of a set of operations, or nothing."
        ),
    ]
    release: Annotated[
        str,
        msgspec.Meta(
            max_length=RELEASE_BYTES_MAX,
            description="The first release that has the set; nothing where there is none.",
        ),
    ]
    migrations: Annotated[
        str,
        msgspec.Meta(
            max_length=MIGRATIONS_BYTES_MAX,
            description="What runs before the first block under the set, with commas; or nothing.",
        ),
    ]
    from_epoch: Annotated[
        int,
        msgspec.Meta(
            ge=1, le=2**40, description="The earliest epoch that it holds in, a later one than now."
        ),
    ]

    reads: ClassVar[tuple[bytes, ...]] = _READS
    writes: ClassVar[tuple[bytes, ...]] = (ACCOUNT_PREFIX, CHANGE_PREFIX)
    known: ClassVar[Collection[str]] = FIRST_BOUNDS
    """The names of what it can change."""

    def validate(self, parameters: Parameters) -> None:
        """Refused where nothing can change, and for a form that no change has."""
        check_changing(parameters)
        names = self._migration_names()
        for holds, what in (
            (self.changes or self.operations or self.named_agreement, "a change changes something"),
            (len(self.operations) in (0, DIGEST_BYTES), "a set of operations is named by 32 bytes"),
            (bool(self.operations) == bool(self.release), "a set of operations has a release"),
            (self.operations or not names, "migrations come with a set of operations"),
            (len(set(names)) == len(names) and all(names), "migrations are named, each once"),
        ):
            if not holds:
                raise SignalError("malformed", f"this is no change: {what}")

    def bandwidth(self) -> int:
        """Sixteen units: it is counted at the end of every epoch that it is open in."""
        return 16

    def apply(self, context: Context) -> None:
        """The proposal, its first vote, and the deposit."""
        epoch = check_elector(context)
        self._check_values(context)
        if not epoch.number < self.from_epoch <= epoch.number + EPOCHS_AHEAD_MAX:
            raise SignalError(
                "epoch",
                f"a change is for an epoch from {epoch.number + 1} to {epoch.number + EPOCHS_AHEAD_MAX}, this is "
                f"epoch {epoch.number}: not {self.from_epoch}",
            )
        self._check_open(context)
        deposit = context.parameters.required_changes.change_deposit
        self._lock(context, deposit)
        counted = context.get(PROPOSAL_NUMBER_KEY)
        number = (decode(counted) if counted else 0) + 1
        proposal = ChangeProposal(
            neuron=context.author,
            number=number,
            height=context.height,
            epoch=epoch.number,
            changes=self.changes,
            operations=self.operations,
            release=self.release,
            migrations=self._migration_names(),
            from_epoch=self.from_epoch,
            deposit=deposit,
            agreement=self.named_agreement,
        )
        change = proposal.id
        context.put(PROPOSAL_NUMBER_KEY, encode(number))
        context.put(proposal_key(change), proposal.encode())
        context.put(own_proposal_key(context.author), change)
        if self.operations:
            context.put(set_proposal_key(self.operations), change)
        put_vote(context, change, approves=True)

    @property
    def named_agreement(self) -> bytes:
        """Who is to decide blocks, as ``read_agreement`` reads it; nothing where that stays."""
        return b""

    def _migration_names(self) -> tuple[str, ...]:
        return tuple(self.migrations.split(",")) if self.migrations else ()

    def _check_values(self, context: Context) -> None:
        """Raises SignalError ``"change"`` where these values could not hold now."""
        recent = recent_values(context.get, context.parameters, context.time)
        try:
            values = read_changes(self.changes, self.known)
            after = changed_parameters(context.parameters, values, recent)
            if self.named_agreement:
                with_agreement(after, self.named_agreement)
        except ParameterError as error:
            raise SignalError("change", str(error)) from error

    def _check_open(self, context: Context) -> None:
        if context.get(own_proposal_key(context.author)) is not None:
            raise SignalError(
                "open", f"a change of {context.author.hex()} is voted on already: wait for its end"
            )
        if self.operations and context.get(set_proposal_key(self.operations)) is not None:
            raise SignalError(
                "open", f"there is a change already that names the set {self.operations.hex()}"
            )

    def _lock(self, context: Context, deposit: int) -> None:
        account = context.account()
        if account.balance < deposit:
            raise SignalError(
                "deposit",
                f"a change locks {deposit} base units, and {account.balance} are free",
            )
        if deposit:
            held = context.account(DEPOSIT_ACCOUNT)
            context.put_account(changed(account, balance=account.balance - deposit))
            context.put_account(changed(held, balance=held.balance + deposit), DEPOSIT_ACCOUNT)


class ProposeAnyChange(ProposeChange, frozen=True, tag="propose_change/2"):
    """``propose_change/1`` for all that votes can change: it reaches networks together with code that knows the rest.

    ``agreement``: who decides blocks from then on, or nothing. The dag-cbor map of an agreement, whose ``voters`` are
    the validators of the first epoch and what each bonds in the block that hands over; or ``{"kind": "solo",
    "proposers": [key, …]}``, by which validators give the blocks to keys, and all bonds are on their way back. Fails
    with ``"change"`` as well for one that cannot follow who decides now.
    """

    agreement: Annotated[
        bytes,
        msgspec.Meta(
            max_length=AGREEMENT_BYTES_MAX,
            description="Who decides blocks then: the dag-cbor map of an agreement, or nothing.",
        ),
    ] = b""

    known: ClassVar[Collection[str]] = BOUNDS

    @property
    def named_agreement(self) -> bytes:
        """Who is to decide blocks, or nothing."""
        return self.agreement

    def bandwidth(self) -> int:
        """As the first form, and one unit for each KiB of the agreement."""
        return super().bandwidth() + len(self.agreement) // 1_024


class VoteOnChange(Operation, frozen=True, tag="vote_change/1"):
    """Votes on a proposal, by its id, or changes its mind; votes are counted at the end of each epoch.

    From version 6 on delegators vote too: what they delegated follows their validator where they do not. Fails with
    ``"validator"`` for who neither votes on blocks, nor makes them, nor delegates; ``"absent"`` where no such proposal
    is voted on.
    """

    change: Annotated[Digest, msgspec.Meta(description="The id of the change.")]
    approves: Annotated[bool, msgspec.Meta(description="Whether the vote is for it.")]

    reads: ClassVar[tuple[bytes, ...]] = _READS
    writes: ClassVar[tuple[bytes, ...]] = (CHANGE_PREFIX,)

    def validate(self, parameters: Parameters) -> None:
        """Refused where nothing can change."""
        check_changing(parameters)

    def bandwidth(self) -> int:
        """Two units: a leaf stays for a while."""
        return 2

    def apply(self, context: Context) -> None:
        """The last vote of a neuron is the one that counts."""
        if not context.delegates():
            check_elector(context)
        proposal = read_proposal(context.get, self.change)
        if proposal is None or proposal.is_law:
            raise SignalError("absent", f"no change {self.change.hex()} is voted on")
        put_vote(context, self.change, approves=self.approves)


class ReadyForChange(Operation, frozen=True, tag="ready/1"):
    """Says that the node of who signs has a set of operations; ``root`` is what its migrations make of the state.

    That is the root of a dry run over the state at the last epoch's end, zeros where the change has no migration. Fails
    with ``"validator"`` as above, ``"ready"`` where no change names this set, or for a root of another kind.
    """

    set: Digest
    root: Digest

    reads: ClassVar[tuple[bytes, ...]] = _READS
    writes: ClassVar[tuple[bytes, ...]] = (CHANGE_PREFIX,)

    def validate(self, parameters: Parameters) -> None:
        """Refused where nothing can change."""
        check_changing(parameters)

    def bandwidth(self) -> int:
        """Two units: a leaf stays for a while."""
        return 2

    def apply(self, context: Context) -> None:
        """The last root of a neuron is the one that counts."""
        check_elector(context)
        change = context.get(set_proposal_key(self.set))
        proposal = None if change is None else read_proposal(context.get, change)
        if proposal is None:
            raise SignalError("ready", f"no change names the set of operations {self.set.hex()}")
        if bool(proposal.migrations) == (self.root == NO_MIGRATION_ROOT):
            raise SignalError(
                "ready",
                f"the change has {len(proposal.migrations)} migrations: its root is "
                f"{'that of a dry run' if proposal.migrations else 'zeros'}",
            )
        context.put(ready_key(self.set, context.author), self.root)


def check_changing(parameters: Parameters) -> None:
    """Raises SignalError ``"change"`` where the rules cannot change."""
    if not parameters.can_change:
        raise SignalError(
            "change", "the rules of this network cannot change yet: `focusmesh network ready`"
        )


def check_elector(context: Context) -> EpochStart:
    """The present epoch. Raises SignalError ``"validator"`` unless who signed votes on this block, or may make it.

    Whose key was rotated within the epoch votes by its first key. O(1), for others O(validators).
    """
    epoch = read_epoch(context.get)
    electorate = context.electorate
    if context.neuron not in electorate and not _was_rotated(context):
        raise SignalError(
            "validator",
            f"{context.neuron.hex()} neither votes on blocks in this epoch nor makes them: it has no say in changes",
        )
    assert epoch is not None, "a network that can change has a clock"
    return epoch


def _was_rotated(context: Context) -> bool:
    """Whether the key of who signed took the place of one that votes in this epoch."""
    if context.author == context.neuron:
        return False
    leaves = (context.get(KEY_PREFIX + key) for key in context.electorate)
    return any(leaf is not None and leaf[DIGEST_BYTES:] == context.author for leaf in leaves)


def put_vote(context: Context, change: bytes, *, approves: bool) -> None:
    """Sets the vote of who signed."""
    vote = ChangeVote(context.author, approves, context.height)
    context.put(vote_key(change, context.author), vote_value(vote))
