"""What validators send each other, as dag-cbor arrays of a kind and its parts, bounded in size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from focusmesh.errors import CodecError, ProofError
from focusmesh.kernel.consensus.interface import MESSAGE_BYTES_MAX
from focusmesh.kernel.consensus.proposal import Decision, Proposal, data_digest
from focusmesh.kernel.consensus.quorum import (
    NUMBER_MAX,
    VALUE_BYTES,
    Ballot,
    Certificate,
    Slot,
    Vote,
)
from focusmesh.protocol.codec import decode, encode
from focusmesh.protocol.identity import KEY_BYTES, SIGNATURE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from focusmesh.protocol.codec import Value

CERTIFICATES_MAX = 64
"""As many as one notice has."""
ASKED_MAX = 16
"""As many digests, and as many rounds, as one ``SyncStatus`` asks for."""


class ProposalMessage(NamedTuple):
    """A proposal with its mover's vote, to notarise it or in a move slot; ``shown`` are certificates for it."""

    proposal: Proposal
    data: bytes
    vote: Vote
    shown: tuple[Certificate, ...] = ()


class SyncStatus(NamedTuple):
    """Where a validator is: what it lacks is sent to it."""

    round: int
    final: int
    proposals: tuple[bytes, ...] = ()
    rounds: tuple[int, ...] = ()


class PollRequest(NamedTuple):
    """Which block do you prefer? ``number``: that of the sample; ``final``: the height of the asker's last decision."""

    number: int
    final: int


class PollAnswer(NamedTuple):
    """The newest block that is preferred, for a sample of whoever asked."""

    number: int
    tip: bytes


Said: TypeAlias = "ProposalMessage | Vote | Certificate | Decision | SyncStatus"
Sampled: TypeAlias = "Said | PollRequest | PollAnswer"
"""What validators say who decide by samples."""


def write(notice: Sampled) -> bytes:
    """The bytes of a notice."""
    if isinstance(notice, PollRequest):
        return encode(["poll", *notice])
    if isinstance(notice, PollAnswer):
        return encode(["chit", *notice])
    if isinstance(notice, Vote):
        return encode(["vote", *_vote_parts(notice)])
    if isinstance(notice, Certificate):
        return encode(["certificate", notice.to_bytes()])
    if isinstance(notice, Decision):
        return encode(["decision", notice.to_bytes()])
    if isinstance(notice, SyncStatus):
        return encode(
            ["state", notice.round, notice.final, list(notice.proposals), list(notice.rounds)]
        )
    shown: list[Value] = [certificate.to_bytes() for certificate in notice.shown]
    return encode(["motion", list(notice.proposal), notice.data, *_vote_parts(notice.vote), shown])


def read(data: bytes, network: bytes) -> Said:
    """What ``write`` wrote; nothing of it is verified but its shape. Raises ProofError ``"notice"``."""
    found: Said = _read(data, network, _READERS)
    return found


def read_sampled(data: bytes, network: bytes) -> Sampled:
    """As ``read``, with questions and answers of samples too."""
    found: Sampled = _read(data, network, _SAMPLED)
    return found


def _read(data: bytes, network: bytes, readers: Mapping[str, Callable[..., Any]]) -> Any:
    try:
        kind, *parts = decode(data, bytes_max=MESSAGE_BYTES_MAX)
        return readers[kind](network, *parts)
    except (CodecError, ProofError, TypeError, ValueError, KeyError) as error:
        raise ProofError(
            "notice", f"these bytes are not a message of validators: {error}"
        ) from error


def _vote_parts(vote: Vote) -> list[Value]:
    _, epoch, round_, step = vote.ballot.slot
    return [epoch, round_, step, vote.ballot.value, vote.signer, vote.signature]


def _vote(network: bytes, *parts: Value) -> Vote:
    epoch, round_, step, value, validator, signature = parts
    ballot = Ballot(Slot(network, epoch, round_, step), value)  # type: ignore[arg-type]
    ballot.digest()
    _need(type(validator) is bytes and len(validator) == KEY_BYTES, "a validator is a key")
    _need(type(signature) is bytes and len(signature) == SIGNATURE_BYTES, "it is not signed")
    return Vote(ballot, validator, signature)  # type: ignore[arg-type]


def _certificate(network: bytes, data: Value) -> Certificate:
    _need(type(data) is bytes, "a certificate is bytes")
    return Certificate.from_bytes(data)  # type: ignore[arg-type]


def _decision(network: bytes, data: Value) -> Decision:
    _need(type(data) is bytes, "a decision is bytes")
    return Decision.from_bytes(data)  # type: ignore[arg-type]


def _proposal_message(network: bytes, parts: Value, data: Value, *rest: Value) -> ProposalMessage:
    *vote_parts, shown = rest
    proposal, vote = Proposal.of(parts), _vote(network, *vote_parts)
    _need(
        type(data) is bytes and proposal.data == data_digest(data), "the data is another motion's"
    )
    _need(type(shown) is list and len(shown) <= CERTIFICATES_MAX, "too many certificates")
    certificates = tuple(_certificate(network, each) for each in shown)  # type: ignore[union-attr]
    return ProposalMessage(proposal, data, vote, certificates)  # type: ignore[arg-type]


def _state(
    network: bytes, round_: Value, final: Value, proposals: Value, rounds: Value
) -> SyncStatus:
    asked = [proposals, rounds]
    _need(all(type(part) is list and len(part) <= ASKED_MAX for part in asked), "it asks too much")
    numbers = [round_, final, *rounds]  # type: ignore[misc]
    _need(all(type(number) is int and number >= 0 for number in numbers), "a round is a number")
    _need(
        all(type(digest) is bytes and len(digest) == VALUE_BYTES for digest in proposals),  # type: ignore[union-attr]
        "a proposal is asked for by its digest",
    )
    return SyncStatus(round_, final, tuple(proposals), tuple(rounds))  # type: ignore[arg-type]


def _read_request(network: bytes, number: Value, final: Value) -> PollRequest:
    right = all(type(each) is int and 0 <= each <= NUMBER_MAX for each in (number, final))
    _need(right, "a sample and a height have numbers")
    return PollRequest(number, final)  # type: ignore[arg-type]


def _read_answer(network: bytes, number: Value, tip: Value) -> PollAnswer:
    _need(type(number) is int and 0 <= number <= NUMBER_MAX, "a sample has a number")
    _need(type(tip) is bytes and len(tip) == VALUE_BYTES, "a block is named by its digest")
    return PollAnswer(number, tip)  # type: ignore[arg-type]


def _need(holds: bool, what: str) -> None:
    if not holds:
        raise CodecError(what)


_READERS: dict[str, Callable[..., Said]] = {
    "motion": _proposal_message,
    "vote": _vote,
    "certificate": _certificate,
    "decision": _decision,
    "state": _state,
}
_SAMPLED: dict[str, Callable[..., Sampled]] = {
    **_READERS,
    "poll": _read_request,
    "chit": _read_answer,
}
