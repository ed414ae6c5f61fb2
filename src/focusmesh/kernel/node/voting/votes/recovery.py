"""How validators agree to go on where an epoch cannot end: each promises and reports, then each signs one start.

A report says that its validator gives no vote of the turn that ends any more, which is the last block that is decided
in its ledger, since when its book has all of its votes, and what it voted to finalise behind that block. Why a start
that these rules let through is behind every block that was decided is told in docs/explanation/consensus.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from focusmesh.errors import CodecError, ProofError
from focusmesh.ids import digest
from focusmesh.kernel.block import write_recovery
from focusmesh.kernel.consensus import (
    END,
    Recovery,
    SlotName,
    Start,
    Tally,
    Vote,
    epoch_of_number,
    order_of_number,
    turn_of_number,
    vote_number,
)
from focusmesh.kernel.node.voting.engine_start import last_decision, number_of
from focusmesh.kernel.node.voting.vote_records import NAME_RANDOM_BYTES, BookName
from focusmesh.kernel.node.voting.votes.completeness import bind, mark_unknown, why_incomplete
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.identity import KEY_BYTES, SIGNATURE_BYTES, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.consensus import ValidatorSet
    from focusmesh.kernel.node.voting.vote_records import VoteLog
    from focusmesh.kernel.state import Store
    from focusmesh.protocol.identity import SigningKey

REPORT_DOMAIN = b"focusmesh/recovery report/1\0"


class Report(NamedTuple):
    """``number``: that of the turn that is to begin; ``since``: from which on its book has all votes.

    ``ends``: rounds behind the last decision of the turn that ends, each with the proposal that it voted to finalise.
    """

    network: bytes
    number: int
    height: int
    block: bytes
    since: int
    ends: tuple[tuple[int, bytes], ...]
    validator: bytes
    signature: bytes

    def said(self) -> bytes:
        """The digest that is signed."""
        return digest(encode(self._parts()))

    def to_bytes(self) -> bytes:
        """Canonical."""
        return encode([*self._parts(), self.signature])

    def _parts(self) -> list[Any]:
        *parts, ends, validator, _ = self
        return [*parts, [list(end) for end in ends], validator]

    @classmethod
    def from_bytes(cls, data: bytes) -> Report:
        """Raises ProofError ``"recovery"`` for what is no report, or not signed by its validator."""
        try:
            parts: list[Any] = decode(data)
            network, number, height, block, since, ends, validator, signature = parts
            pairs = tuple((round_, value) for round_, value in ends)
            found = cls(network, number, height, block, since, pairs, validator, signature)
            numbers = [number, height, since, *(round_ for round_, _ in pairs)]
            digests = [network, block, validator, *(value for _, value in pairs)]
            if any(type(each) is not int or each < 0 for each in numbers) or any(
                type(each) is not bytes or len(each) != KEY_BYTES for each in digests
            ):
                raise CodecError("its parts must be numbers and digests")
            if type(signature) is not bytes or len(signature) != SIGNATURE_BYTES:
                raise CodecError("it is not signed")
            if found.to_bytes() != data:
                raise CodecError("it is not in the canonical encoding")
        except (CodecError, TypeError, ValueError) as error:
            raise ProofError("recovery", f"these bytes are not a report: {error}") from error
        if not verify(found.validator, REPORT_DOMAIN, found.said(), found.signature):
            raise ProofError("recovery", f"a report is not signed by {found.validator.hex()}")
        return found


def make_report(
    chain: Chain,
    ledger: Store,
    book: VoteLog,
    key: SigningKey,
    chance: Callable[[int], bytes],
) -> Report:
    """Promises to vote no more in the turn that the chain is in, durably, and says what is known of it.

    The same again where that was promised before. Raises ProofError ``"recovery"`` where the key is no validator's, or
    the ledger is behind what its validator knew of; StoreError.
    """
    number = number_of(chain)
    following = vote_number(epoch_of_number(number), turn_of_number(number) + 1)
    if chain.validator_set is None or not chain.validator_set.weight(key.public):
        raise ProofError(
            "recovery", f"{key.public.hex()} is not a validator of epoch {chain.epoch}"
        )
    if kept := book.report(following):
        return Report.from_bytes(kept)
    why = why_incomplete(ledger, book, is_first=not chain.height)
    since = chain.epoch + 1 if why else (book.since() or 0)
    if order_of_number(since) > (chain.epoch + 1, 0):
        raise ProofError(
            "recovery",
            f"this validator waits for epoch {epoch_of_number(since)}, the ledger is in {chain.epoch}: start its node "
            "and let it come to where its peers are first",
        )
    decision = last_decision(chain, number)
    behind = 0 if decision is None else decision.number
    parts = chain.network, following, chain.height, chain.tip.id, since, _ends(book, number, behind)
    unsigned = Report(*parts, key.public, b"")
    made = unsigned._replace(signature=key.sign(REPORT_DOMAIN, unsigned.said()))
    if why:
        # Where its peers are nobody here knows yet: in all but the new turn it goes on counting as having lost votes.
        token = chance(NAME_RANDOM_BYTES)
        book.promise_lost(following, token, made.to_bytes())
        mark_unknown(ledger, token)
        return made
    name = book.name() or BookName(chance(NAME_RANDOM_BYTES), 0)
    book.promise(following, name._replace(beginnings=name.beginnings + 1), made.to_bytes())
    bind(ledger, book)
    return made


def _ends(book: VoteLog, number: int, behind: int) -> tuple[tuple[int, bytes], ...]:
    """Votes to finalise a proposal, by round."""
    found = set[tuple[int, bytes]]()
    for vote_record in book.vote_records(number):
        parts: Any = decode(vote_record.data)
        is_end = len(parts) == 5 and SlotName.read(parts[2]).step == END
        if is_end and parts[3] and vote_record.round > behind:
            found.add((vote_record.round, parts[3]))
    return tuple(sorted(found))


def start_of(reports: Sequence[Report], chain: Chain) -> Start:
    """The block behind which the next turn begins, by reports of more than two thirds.

    Raises ProofError ``"recovery"`` where they are too few, disagree, too many of them have lost their votes, a block
    may be decided that none of them has, or the ledger here is not where the furthest of them is.
    """
    number, validator_set = number_of(chain), chain.validator_set
    assert validator_set is not None, "where nobody votes nothing is recovered"
    following = vote_number(epoch_of_number(number), turn_of_number(number) + 1)
    by_validator = {each.validator: each for each in reports}
    for each in by_validator.values():
        if (each.network, each.number) != (chain.network, following):
            raise ProofError(
                "recovery",
                f"the report of {each.validator.hex()[:16]} is of network {each.network.hex()[:16]} and vote number "
                f"{each.number}, not {following}: its ledger is elsewhere; let it catch up, and report again",
            )
        if not validator_set.weight(each.validator):
            raise ProofError(
                "recovery", f"{each.validator.hex()} is not a validator of epoch {chain.epoch}"
            )
    weight = validator_set.weight_of(by_validator)
    if weight < validator_set.quorum:
        raise ProofError(
            "recovery",
            f"reports weigh {weight} of {validator_set.total}, {validator_set.quorum} are needed",
        )
    furthest = max(by_validator.values(), key=lambda each: each.height)
    _verify_here(furthest, chain)
    decision = last_decision(chain, number)
    behind = 0 if decision is None else decision.number
    _verify_nothing_hidden(by_validator, number, behind, validator_set)
    return Start(following, furthest.height, furthest.block)


def _verify_here(furthest: Report, chain: Chain) -> None:
    if furthest.height != chain.height:
        raise ProofError(
            "recovery",
            f"{furthest.validator.hex()[:16]} reports block {furthest.height}, this ledger ends at {chain.height}: "
            "start the nodes, which fetch decided blocks from each other and do not vote, and sign then",
        )
    if furthest.block != chain.tip.id:
        raise ProofError(
            "recovery",
            f"{furthest.validator.hex()[:16]} reports another block {furthest.height} than is decided here: more than "
            "a third of the votes lied, or its report does",
        )


def _verify_nothing_hidden(
    reports: dict[bytes, Report], number: int, behind: int, validator_set: ValidatorSet
) -> None:
    """That no proposal behind the last decided round can have a quorum of votes to finalise it.

    As far as those say who have all of their votes; of the others the worst is assumed, and of some of these.
    """
    whole = {
        validator: each
        for validator, each in reports.items()
        if order_of_number(each.since) <= order_of_number(number)
    }
    known = validator_set.weight_of(whole)
    if known < validator_set.veto:
        raise ProofError(
            "recovery",
            f"those who have all of their votes weigh {known} of {validator_set.total}, {validator_set.veto} are "
            "needed: the others cannot know whether one more block is decided; bring back validators that have theirs",
        )
    unknown = validator_set.total - known
    # So many of those who remember may lie before a block that nobody reports could be decided; never a third.
    liars = min(validator_set.veto - 1, validator_set.quorum - 1 - unknown)
    proposals = {end for each in whole.values() for end in each.ends}
    for round_, proposal in sorted(each for each in proposals if each[0] > behind):
        voted = [validator for validator, each in whole.items() if (round_, proposal) in each.ends]
        if validator_set.weight_of(voted) + unknown + liars >= validator_set.quorum:
            raise ProofError(
                "recovery",
                f"one more block may be decided: {', '.join(each.hex()[:16] for each in voted)} voted to "
                f"finalise it in round {round_}, and of {unknown} of {validator_set.total} nobody knows; add "
                "reports of validators that have their votes, or start a node that has the block",
            )


def sign_start(
    start: Start, reports: Sequence[Report], chain: Chain, book: VoteLog, key: SigningKey
) -> Vote:
    """The vote for a start, given once for each turn. Raises ProofError ``"recovery"``; StoreError."""
    if key.public not in {each.validator for each in reports} or not book.report(start.number):
        raise ProofError("recovery", "this node must promise and report before it signs a start")
    ballot = start.ballot(chain.network)
    if book.sign(start.number, ballot.value) != ballot.value:
        raise ProofError("recovery", f"another start of {start.number} was signed here before")
    return Vote.sign(ballot, key)


def combine_votes(start: Start, votes: Sequence[Vote], chain: Chain) -> Recovery:
    """The statement. Raises ProofError as ``Tally.add``, ``"quorum"`` where the votes are too few."""
    assert chain.validator_set is not None, "where nobody votes nothing is recovered"
    tally, ballot = Tally(chain.validator_set), start.ballot(chain.network)
    for vote in votes:
        if vote.ballot != ballot:
            raise ProofError("recovery", f"{vote.signer.hex()} signed another start")
        tally.add(vote)
    return Recovery(start, tally.certificate(ballot.slot, ballot.value))


def apply_recovery(recovery: Recovery, chain: Chain, ledger: Store) -> None:
    """The node of this ledger votes by it, or waits until it has the block. Raises ProofError, StoreError."""
    start, validator_set = recovery.start, chain.validator_set
    assert validator_set is not None, "where nobody votes nothing is recovered"
    if epoch_of_number(start.number) != chain.epoch:
        raise ProofError(
            "recovery",
            f"the statement is of epoch {epoch_of_number(start.number)}, this ledger is in {chain.epoch}: "
            "a ledger that is behind must fetch blocks first, and one that is ahead needs no statement",
        )
    recovery.verify(chain.network, validator_set)
    if order_of_number(start.number) < order_of_number(number_of(chain)):
        raise ProofError("recovery", "a later statement was applied here, or shown by a block")
    if chain.height >= start.height and chain.header(start.height).id != start.block:
        raise ProofError(
            "recovery", f"block {start.height} of this ledger is not the one in the statement"
        )
    if chain.height > start.height and number_of(chain) != start.number:
        raise ProofError(
            "recovery",
            f"this ledger has a decided block {start.height + 1}, of which the signers did not know: keep it, and show "
            "it to the others; applied, the statement would fork the chain",
        )
    with ledger.write() as writer:
        write_recovery(writer, recovery.to_bytes())
