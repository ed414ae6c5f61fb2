"""What a light client takes and refuses, as a file that other implementations are held to: ``light_vectors.json``.

Written anew by ``python -m tests.kernel.light.vectors``; the explorer's verifier is tested on it too.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.errors import CodedError
from focusmesh.ids import digest
from focusmesh.kernel.block import BLOCK_DOMAIN, SignedHeader
from focusmesh.kernel.consensus import Certificate, Decision, Recovery, Start, Vote, vote_number
from focusmesh.kernel.light import LightChain, StrayBlock, Trusted
from focusmesh.protocol.codec import encode
from tests.kernel.light.chains import (
    DAY,
    FakeChain,
    decision,
    focus_with,
    key,
    parameters,
    solo_chain,
    validators_bytes,
)
from tests.kernel.light.changing_vectors import changing_cases
from tests.kernel.light.handover_vectors import handover_cases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.kernel.light.changing_vectors import Case

PATH = Path(__file__).with_name("light_vectors.json")
FOUR = {0: 1, 1: 1, 2: 1, 3: 1}
EPOCHS = (FOUR, FOUR, {1: 5, 2: 4, 3: 4, 4: 3})
CHAIN = FakeChain(EPOCHS, undecided=(2, 5, 6))
TWIN = FakeChain(EPOCHS, branch=b"twin", branches_at=6)
SNOWMAN = FakeChain(EPOCHS[:1], params=parameters("snowman"))
SOLO = solo_chain(5)
TURN = vote_number(1, 1)


def changed(signed: SignedHeader, **fields: bytes) -> SignedHeader:
    return msgspec.structs.replace(signed, **fields)


def decided(height: int, validators: Sequence[int], **options: Any) -> SignedHeader:
    """A header of the chain with a decision of these validators."""
    made = decision(CHAIN.headers[height], validators, **options)
    return changed(CHAIN.signed[height], decision=made)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _forged(height: int, **fields: Any) -> SignedHeader:
    """A header that validators decided, with other fields than its chain has."""
    header = msgspec.structs.replace(CHAIN.headers[height], **fields)
    return SignedHeader(header.encode(), b"", b"", decision(header, (0, 1, 2)))


def trust(chain: FakeChain, height: int, **fields: bytes) -> Trusted:
    params = encode(chain.params.as_fields())
    validators = (
        validators_bytes(chain.validators(height + 1)) if chain.params.kind != "solo" else b""
    )
    made = Trusted(header=chain.headers[height].encode(), parameters=params, voters=validators)
    return msgspec.structs.replace(made, **fields)


def _agreeing_by(kind: str) -> Trusted:
    """A network that agrees in a way that nobody knows."""
    fields = CHAIN.params.as_fields()
    params = encode({**fields, "agreement": {**fields["agreement"], "kind": kind}})
    header = msgspec.structs.replace(CHAIN.headers[0], params_hash=digest(params))
    return trust(CHAIN, 0, header=header.encode(), parameters=params)


def cases() -> list[Case]:
    """Name, what is trusted, the clock, what is done, with which headers."""
    fixed = [*_decisions(), *_recovered(), *_chained(), *_trusting(), *_other_ways()]
    return [*fixed, *changing_cases(), *handover_cases()]


def _decisions() -> list[Case]:
    """Whose votes make what final."""
    begun = trust(CHAIN, 0)
    fourth = trust(CHAIN, 4)
    signed = CHAIN.signed
    at = CHAIN.now(11)
    return [
        ("all of it", begun, at, "take", signed[1:]),
        ("undecided ones wait", fourth, at, "take", signed[5:7]),
        ("a decision covers those before", fourth, at, "take", signed[5:8]),
        ("as few votes as do", begun, at, "take", [decided(1, (1, 2, 3))]),
        ("too little weight", begun, at, "take", [decided(1, (1, 2))]),
        ("a stranger's vote", begun, at, "take", [decided(1, (1, 2, 7))]),
        ("a forged signature", begun, at, "take", [decided(1, (1, 2, 3), signers={3: 0})]),
        ("votes of another network", begun, at, "take", [decided(1, (1, 2, 3), network=bytes(32))]),
        ("votes of another epoch", begun, at, "take", [decided(1, (1, 2, 3), epoch=2)]),
        (
            "a decision for another block",
            begun,
            at,
            "take",
            [changed(signed[1], decision=signed[3].decision)],
        ),
        (
            "votes for another motion",
            begun,
            at,
            "take",
            [changed(signed[1], decision=_other_motion())],
        ),
        ("no decision at all", begun, at, "take", [changed(signed[1], decision=b"\xf6")]),
    ]


def turned(height: int, statement: bytes) -> SignedHeader:
    """A header that votes of the next turn of its epoch decided, with what is shown for that."""
    made = decision(CHAIN.headers[height], (1, 2, 3), epoch=TURN)
    whole = dataclasses.replace(Decision.from_bytes(made), recovery=statement)
    return changed(CHAIN.signed[height], decision=whole.to_bytes())


def statement(behind: int, validators: Sequence[int], number: int = TURN) -> bytes:
    """That of some validators, by which a turn begins behind a block."""
    header = CHAIN.headers[behind]
    start = Start(number, behind, header.id)
    ballot = start.ballot(header.network)
    votes = sorted(Vote.sign(ballot, key(validator))[1:] for validator in validators)
    return Recovery(start, Certificate(ballot, tuple(votes))).to_bytes()


def _recovered() -> list[Case]:
    """Votes of a later turn of an epoch, which a statement of its validators began."""
    second, at = trust(CHAIN, 2), CHAIN.now(11)
    whole = statement(2, (0, 1, 3))
    shown = Decision.from_bytes(CHAIN.signed[3].decision)
    needless = dataclasses.replace(shown, recovery=whole).to_bytes()
    return [
        ("votes of a later turn", second, at, "take", [turned(3, whole)]),
        ("a jump into a later turn", trust(CHAIN, 0), at, "jump", [turned(4, whole)]),
        ("a later turn without its statement", second, at, "take", [turned(3, b"")]),
        ("a statement of too few", second, at, "take", [turned(3, statement(2, (0, 1)))]),
        ("a statement behind the block", second, at, "take", [turned(3, statement(3, (0, 1, 2)))]),
        (
            "a statement of another turn",
            second,
            at,
            "take",
            [turned(3, statement(2, (0, 1, 2), vote_number(1, 2)))],
        ),
        (
            "a statement of another epoch",
            second,
            at,
            "take",
            [turned(3, statement(2, (0, 1, 2), vote_number(2, 1)))],
        ),
        ("a statement of strangers", second, at, "take", [turned(3, statement(2, (5, 6, 7)))]),
        ("no statement", second, at, "take", [turned(3, b"\x80")]),
        ("a needless statement", second, at, "take", [changed(CHAIN.signed[3], decision=needless)]),
    ]


def _chained() -> list[Case]:
    """Headers that do not follow, or are of something else."""
    begun = trust(CHAIN, 0)
    fourth = trust(CHAIN, 4)
    signed = CHAIN.signed
    at = CHAIN.now(11)
    return [
        ("a gap", begun, at, "take", signed[2:4]),
        ("a gap within", fourth, at, "take", [signed[5], signed[7]]),
        (
            "an epoch's end without decision",
            fourth,
            at,
            "take",
            [*signed[5:8], changed(signed[8], decision=b"")],
        ),
        ("another chain's block", fourth, at, "take", [*signed[5:7], *TWIN.signed[7:9]]),
        ("another network", begun, at, "take", [_forged(1, network=bytes(32))]),
        ("other parameters", begun, at, "take", [_forged(1, params_hash=bytes(32))]),
        (
            "no trace of its focus",
            begun,
            at,
            "take",
            [_forged(1, focus_certificate=focus_with(bytes(32)))],
        ),
        (
            "a trace of its focus",
            begun,
            at,
            "take",
            [_forged(1, focus_certificate=focus_with(CHAIN.headers[0].id))],
        ),
        ("an earlier time", trust(CHAIN, 3), at, "take", [_forged(4, time=CHAIN.headers[1].time)]),
        (
            "other voters within an epoch",
            begun,
            at,
            "take",
            [_forged(1, validators_hash=bytes(32))],
        ),
    ]


def _trusting() -> list[Case]:
    """Validators that change, trust that ages, blocks that are proved wrong."""
    begun = trust(CHAIN, 0)
    end = trust(CHAIN, 8, voters=b"")
    one = CHAIN.headers[1].time
    stranger = changed(CHAIN.signed[9], rotation=validators_bytes({4: 2, 5: 2, 6: 3}))
    signed = CHAIN.signed
    at = CHAIN.now(11)
    return [
        ("the next voters", end, at, "take", signed[9:]),
        ("the next voters not shown", end, at, "take", [changed(signed[9], rotation=b"")]),
        ("other voters than committed to", end, at, "take", [stranger]),
        ("trust within its time", begun, CHAIN.headers[0].time + 14 * DAY - 1, "take", signed[1:2]),
        ("stale trust", begun, CHAIN.headers[0].time + 14 * DAY, "take", signed[1:2]),
        ("a header seconds ahead", begun, one - 10_000, "take", signed[1:2]),
        ("a header of the future", begun, one - 10_001, "take", signed[1:2]),
        ("trust of the future", begun, CHAIN.headers[0].time - 10_001, "take", signed[1:2]),
        ("a refused block", trust(CHAIN, 1, refused=CHAIN.headers[3].id), at, "take", signed[2:4]),
        (
            "after a refused block",
            trust(CHAIN, 3, refused=CHAIN.headers[3].id),
            at,
            "take",
            signed[4:5],
        ),
    ]


def _other_ways() -> list[Case]:
    """Jumps, the past, beginnings, and one key's chain."""
    begun = trust(CHAIN, 0)
    fourth = trust(CHAIN, 4)
    solo = trust(SOLO, 1, voters=encode([key(0).public]))
    signed = CHAIN.signed
    at = CHAIN.now(11)
    return [
        ("a jump to the end of the epoch", begun, at, "jump", signed[4:5]),
        ("a jump over the end of the epoch", begun, at, "jump", signed[7:8]),
        ("a jump back", fourth, at, "jump", signed[3:4]),
        ("the past", fourth, at, "past", signed[2:5]),
        ("a past that leads elsewhere", trust(CHAIN, 8), at, "past", TWIN.signed[6:8]),
        ("a past with a gap", fourth, at, "past", [signed[1], *signed[3:5]]),
        ("samples chose, a quorum signed", trust(SNOWMAN, 0), at, "take", SNOWMAN.signed[1:]),
        ("another way to agree", _agreeing_by("poll"), at, "take", []),
        (
            "voters that the start does not commit to",
            trust(CHAIN, 0, voters=validators_bytes({1: 1})),
            at,
            "take",
            [],
        ),
        ("parameters of others", trust(CHAIN, 0, parameters=b"\xa0"), at, "take", []),
        ("one key's blocks", solo, at, "take", SOLO.signed[2:]),
        ("a jump in one key's chain", solo, at, "jump", SOLO.signed[4:5]),
        (
            "not signed by that key",
            solo,
            at,
            "take",
            [changed(SOLO.signed[2], proof=flipped(SOLO.signed[2].proof, 3))],
        ),
        ("another key's block", solo, at, "take", [_of_another_key()]),
    ]


def _other_motion() -> bytes:
    """A decision whose motion names the block, and whose votes are for another motion of that round."""
    data = CHAIN.signed[1].decision
    return flipped(data, data.index(CHAIN.headers[1].id) - 40)


def _of_another_key() -> SignedHeader:
    header = msgspec.structs.replace(SOLO.headers[2], proposer=key(1).public)
    return SignedHeader(header.encode(), key(1).sign(BLOCK_DOMAIN, header.id))


def outcome(trusted: Trusted, now: int, act: str, headers: list[SignedHeader]) -> dict[str, Any]:
    """What comes of it: the code of the refusal, or None; and the height that is final then."""
    height = None
    try:
        chain = LightChain(trusted)
        height = chain.header.height
        if act == "take":
            chain.take(headers, now)
        elif act == "jump":
            first = headers[1] if len(headers) > 1 else SignedHeader(b"", b"")
            chain.jump(headers[0], now, first.rotation, first.parameters)
        elif act == "stray":
            handover, behind, stray = headers
            proof = StrayBlock(handover.encode(), behind.parameters, stray.encode())
            proof.verify(chain.header.network)
        else:
            chain.past(headers)
        code = None
    except CodedError as error:
        code = error.code
    return {"code": code, "height": chain.header.height if height is not None else None}


def shown(signed: SignedHeader) -> dict[str, str]:
    """A header as servers show it."""
    return {
        field: getattr(signed, field).hex()
        for field in SignedHeader.__struct_fields__
        if field != "parameters" or signed.parameters
    }


def document() -> list[dict[str, Any]]:
    """All cases with their outcomes."""
    return [
        {
            "name": name,
            "trust": {
                field: getattr(trusted, field).hex()
                for field in ("header", "parameters", "voters", "refused")
            }
            | ({"trusting": trusted.trusting} if trusted.trusting else {}),
            "now": now,
            "act": act,
            "headers": [shown(each) for each in headers],
            **outcome(trusted, now, act, headers),
        }
        for name, trusted, now, act, headers in cases()
    ]


if __name__ == "__main__":
    PATH.write_text(json.dumps(document(), indent=1) + "\n", encoding="utf-8")
