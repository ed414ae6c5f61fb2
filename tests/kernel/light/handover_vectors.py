"""Vectors of ledgers that one key hands over to validators, and gets back: what other implementations take of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.ids import digest
from focusmesh.kernel.block import BLOCK_DOMAIN, SignedHeader
from focusmesh.kernel.state import FeeRules, OrderRules, StakingRules
from focusmesh.protocol.codec import encode
from tests.kernel.light.chains import DAY, decision, key, validators_bytes
from tests.kernel.light.changing import (
    ChangingChain,
    Epoch,
    changing_parameters,
    makers_proof,
    parameters_data,
    solo_parameters,
)

if TYPE_CHECKING:
    from focusmesh.kernel.block import Header
    from focusmesh.kernel.light import Trusted
    from focusmesh.kernel.state import Parameters
    from tests.kernel.light.changing_vectors import Case


def _paying(params: Parameters) -> Parameters:
    """As of version 6, from which on votes can change who decides."""
    rules: dict[str, Any] = {"fees": FeeRules(), "staking": StakingRules(), "order": OrderRules()}
    return msgspec.structs.replace(params, version=6, **rules)


KEY = _paying(solo_parameters())
CHAIN = ChangingChain(
    (
        Epoch(3, KEY),
        Epoch(4, _paying(changing_parameters(epoch_blocks=4))),
        Epoch(2, _paying(solo_parameters(link_burn=2))),
        Epoch(2, _paying(changing_parameters(kind="snowman")), {1: 5, 2: 4, 3: 4, 4: 3}),
    ),
    undecided=(4, 6),
)
OLD = ChangingChain((Epoch(2, solo_parameters()), Epoch(2, changing_parameters())))
HANDED, BACK = 3, 7
"""The last block of the key, and the last one of the validators who come after it."""


def handover_cases() -> list[Case]:
    """Name, what is trusted, the clock, what is done, with which headers."""
    return [*_followed(), *_refused(), *_jumps(), *_rotated(), *_strays()]


def _signed(header: Header, number: int = 0, **fields: Any) -> SignedHeader:
    """A header with other fields, by a key."""
    made = msgspec.structs.replace(header, **fields)
    return SignedHeader(made.encode(), key(number).sign(BLOCK_DOMAIN, made.id))


def stray(epoch: int, height: int = HANDED + 1, **fields: Any) -> SignedHeader:
    """What the key signs behind the block by which it hands over."""
    last = CHAIN.headers[HANDED]
    makers = digest(encode([key(0).public]))
    behind: dict[str, Any] = {"parent": last.id, "ends_epoch": False, "validators_hash": makers}
    return _signed(last, height=height, epoch=epoch, **behind | fields)


def _followed() -> list[Case]:
    signed, at = CHAIN.signed, CHAIN.now(CHAIN.last)
    return [
        ("through a hand-over and back", CHAIN.trusted(), at, "take", signed[1:]),
        ("from the block that hands over", CHAIN.trusted(HANDED), at, "take", signed[HANDED + 1 :]),
        ("from the last block of validators", CHAIN.trusted(BACK), at, "take", signed[BACK + 1 :]),
        (
            "a hand-over alone waits",
            CHAIN.trusted(1),
            at,
            "take",
            signed[2 : HANDED + 1],
        ),
        ("undecided behind a hand-over", CHAIN.trusted(1), at, "take", signed[2 : HANDED + 2]),
        ("through the second hand-over", CHAIN.trusted(BACK + 1), at, "take", signed[BACK + 2 :]),
    ]


def _refused() -> list[Case]:
    signed, at = CHAIN.signed, CHAIN.now(CHAIN.last)
    last, first, second = signed[HANDED : HANDED + 3]
    unsigned = msgspec.structs.replace(last, proof=signed[1].proof)
    hidden = msgspec.structs.replace(first, rotation=b"")
    others = msgspec.structs.replace(first, rotation=validators_bytes({5: 1}))
    unknown = msgspec.structs.replace(first, parameters=b"")
    few = msgspec.structs.replace(
        second, decision=decision(CHAIN.headers[HANDED + 2], (0, 1), epoch=2)
    )
    before = CHAIN.headers[HANDED + 1]
    between = stray(2, HANDED + 2, parent=before.id, time=before.time)
    shown: list[tuple[str, list[SignedHeader]]] = [
        ("too few behind a hand-over", [last, first, few]),
        ("a hand-over that is not signed", [unsigned, first, second]),
        ("validators of a hand-over not shown", [last, hidden, second]),
        ("other validators behind a hand-over", [last, others, second]),
        ("a hand-over without proof of its rules", [last, unknown, second]),
        ("the key goes on behind its hand-over", [last, stray(2)]),
        ("the key goes on in the epoch of its hand-over", [last, stray(1)]),
        ("the key goes on behind validators", [last, first, between]),
        ("another key hands over", [_signed(CHAIN.headers[HANDED], 1, proposer=key(1).public)]),
    ]
    late = CHAIN.headers[HANDED].time + 14 * DAY
    whole = signed[HANDED + 1 : HANDED + 3]
    return [
        *((name, CHAIN.trusted(HANDED - 1), at, "take", headers) for name, headers in shown),
        ("from a hand-over the key goes on", CHAIN.trusted(HANDED), at, "take", [stray(2)]),
        ("a hand-over of long ago", CHAIN.trusted(HANDED), late, "take", whole),
        ("a hand-over not so long ago", CHAIN.trusted(HANDED), late - 1, "take", whole),
        (
            "a past behind a hand-over",
            CHAIN.trusted(HANDED + 2),
            at,
            "past",
            signed[2 : HANDED + 2],
        ),
        ("rules that hand nothing over", OLD.trusted(1), at, "take", OLD.signed[2:]),
        ("rules that came later", _of_later_rules(), at, "take", []),
        *_given_back(),
    ]


def _given_back() -> list[Case]:
    """What is shown of the key behind the validators' last block."""
    signed, at = CHAIN.signed, CHAIN.now(CHAIN.last)
    first = signed[BACK + 1]
    bare = msgspec.structs.replace(first, rotation=b"")
    wrong = msgspec.structs.replace(first, rotation=b"\x80")
    _, other, _ = makers_proof(1, parameters_data(KEY), key(0).public)
    elsewhere = msgspec.structs.replace(first, rotation=other)
    stranger = _signed(CHAIN.headers[BACK + 1], 1, proposer=key(1).public)
    stranger = msgspec.structs.replace(first, header=stranger.header, proof=stranger.proof)
    undecided = msgspec.structs.replace(signed[BACK], decision=b"")
    return [
        *(
            (name, CHAIN.trusted(BACK), at, "take", [each])
            for name, each in (
                ("a key that is known", bare),
                ("a key whose proof is none", wrong),
                ("a key that is proved elsewhere", elsewhere),
                ("a key to which nothing was given", stranger),
            )
        ),
        (
            "a key that is not shown",
            msgspec.structs.replace(CHAIN.trusted(BACK), voters=b""),
            at,
            "take",
            [bare],
        ),
        (
            "a key that is shown",
            msgspec.structs.replace(CHAIN.trusted(BACK), voters=b""),
            at,
            "take",
            [first],
        ),
        (
            "a key that validators did not name",
            CHAIN.trusted(BACK - 1),
            at,
            "take",
            _not_named(),
        ),
        (
            "a key behind an end without decision",
            CHAIN.trusted(BACK - 1),
            at,
            "take",
            [undecided, first],
        ),
    ]


def _not_named() -> list[SignedHeader]:
    """The last block of validators, who name one key, and one of another, which the state has there."""
    old, new, params = key(0).public, key(1).public, CHAIN.epoch(BACK + 1).params
    root, proof, rules = makers_proof(BACK, parameters_data(params), old, new + old)
    parent = CHAIN.resigned(BACK, state_root=root)
    able: dict[str, Any] = {"proposer": new, "validators_hash": digest(encode([new]))}
    made = _signed(CHAIN.headers[BACK + 1], 1, parent=digest(parent.header), **able)
    return [parent, msgspec.structs.replace(made, rotation=proof, parameters=rules)]


def _of_later_rules() -> Trusted:
    """A network whose parameters came after this focusmesh."""
    data = encode({**KEY.as_fields(), "version": 7})
    header = msgspec.structs.replace(CHAIN.headers[1], params_hash=digest(data))
    return msgspec.structs.replace(CHAIN.trusted(1), header=header.encode(), parameters=data)


def _jumps() -> list[Case]:
    signed, at = CHAIN.signed, CHAIN.now(CHAIN.last)
    within = (("a jump of a key up to its hand-over", 0, HANDED - 1),)
    over = (
        ("a jump onto a hand-over", 1, HANDED),
        ("a jump over a hand-over", 1, HANDED + 2),
        ("a jump from a hand-over", HANDED, HANDED + 3),
        ("a jump behind validators", BACK, BACK + 1),
    )
    proved = [signed[BACK + 1]] * 2
    return [
        ("a jump to a key whose rules are proved", CHAIN.trusted(BACK), at, "jump", proved),
        *(
            (name, CHAIN.trusted(begun), at, "jump", [signed[end]])
            for name, begun, end in within + over
        ),
    ]


def _rotated() -> list[Case]:
    """One key's chain in which the neuron of the genesis has another key from block 3 on."""
    data, old, new = parameters_data(KEY), key(0).public, key(1).public
    root, proof, _ = makers_proof(2, data, old, new + old)
    _, elsewhere, _ = makers_proof(1, data, old, new + old)
    chain = ChangingChain((Epoch(4, KEY),))
    parent = _signed(chain.headers[2], state_root=root)
    behind: dict[str, Any] = {"parent": digest(parent.header)}
    able: dict[str, Any] = {"proposer": new, "validators_hash": digest(encode([new]))}
    shown = msgspec.structs.replace(_signed(chain.headers[3], 1, **behind, **able), rotation=proof)
    former = msgspec.structs.replace(_signed(chain.headers[3], **behind), rotation=proof)
    unproved = msgspec.structs.replace(shown, rotation=b"")
    return [
        (name, chain.trusted(1), chain.now(4), "take", [parent, each])
        for name, each in (
            ("a key that was rotated", shown),
            ("a key that was rotated away", former),
            ("a rotated key without proof", unproved),
            (
                "a rotated key that is proved elsewhere",
                msgspec.structs.replace(shown, rotation=elsewhere),
            ),
        )
    ]


def _strays() -> list[Case]:
    """Two headers of a key and the proof of who decides: whether they prove that it lied."""
    last, behind, at = CHAIN.signed[HANDED], CHAIN.signed[HANDED + 1], CHAIN.now(CHAIN.last)
    twin = _signed(CHAIN.headers[HANDED], state_root=bytes(32))
    forged = msgspec.structs.replace(stray(2), proof=behind.proof[:-1] + b"\0")
    shown: list[tuple[str, list[SignedHeader]]] = [
        ("a later block of the key", [last, behind, stray(2)]),
        ("a much later block of its epoch", [last, behind, stray(1, 90)]),
        ("a second block of the height", [last, behind, twin]),
        ("a block of a later term", [last, behind, stray(3)]),
        ("a block before the hand-over", [last, behind, CHAIN.signed[1]]),
        ("a block of the validators", [last, behind, behind]),
        ("the hand-over itself", [last, behind, last]),
        ("a block that hands nothing over", [CHAIN.signed[2], CHAIN.signed[3], stray(2)]),
        ("a later block without proof of who decides", [last, last, stray(2)]),
        ("a later block of another network", [last, behind, stray(2, network=bytes(32))]),
        ("a later block of another key", [last, behind, stray(2, proposer=key(1).public)]),
        ("a later block that is not signed", [last, behind, forged]),
    ]
    return [(f"stray: {name}", CHAIN.trusted(), at, "stray", headers) for name, headers in shown]
