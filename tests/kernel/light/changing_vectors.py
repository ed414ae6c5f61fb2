"""Vectors of networks whose rules change: what other implementations take and refuse of headers of version 2."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from focusmesh.ids import digest
from focusmesh.kernel.block import SignedHeader
from focusmesh.kernel.block.report import FocusReport
from focusmesh.protocol.codec import encode
from tests.kernel.light.chains import DAY, decision, validator_set, validators_bytes
from tests.kernel.light.changing import (
    ChangingChain,
    Epoch,
    changing_parameters,
    parameters_data,
    solo_parameters,
    state_of,
)

if TYPE_CHECKING:
    from focusmesh.kernel.light import Trusted

Case: TypeAlias = "tuple[str, Trusted, int, str, list[SignedHeader]]"
FOUR = {0: 1, 1: 1, 2: 1, 3: 1}
LATER = {1: 5, 2: 4, 3: 4, 4: 3}
OLD = changing_parameters(version=4, epoch_blocks=3)
SHORT = changing_parameters(trusting_ms=4 * DAY)
LONG = changing_parameters(kind="snowman", epoch_blocks=5)
CHAIN = ChangingChain(
    (Epoch(3, OLD), Epoch(2, SHORT, LATER), Epoch(4, SHORT), Epoch(3, LONG)), undecided=(1, 7)
)
SOLO = ChangingChain((Epoch(2, solo_parameters()), Epoch(2, solo_parameters(link_burn=3))))


def changing_cases() -> list[Case]:
    """Name, what is trusted, the clock, what is done, with which headers."""
    return [*_followed(), *_refused(), *_proofs(), *_terms(), *_of_one_key()]


def _changed(signed: SignedHeader, **fields: bytes) -> SignedHeader:
    return msgspec.structs.replace(signed, **fields)


def _followed() -> list[Case]:
    signed, at = CHAIN.signed, CHAIN.now(CHAIN.last)
    return [
        ("rules that change", CHAIN.trusted(), at, "take", signed[1:]),
        ("from the end of an epoch", CHAIN.trusted(5), at, "take", signed[6:]),
        ("a jump within an epoch that says its number", CHAIN.trusted(6), at, "jump", signed[9:10]),
        ("a jump to an epoch of the same rules", CHAIN.trusted(5), at, "jump", signed[8:9]),
        ("a jump over an end that was not counted", CHAIN.trusted(4), at, "jump", signed[6:7]),
        ("a jump to other rules without proof", CHAIN.trusted(9), at, "jump", signed[11:12]),
        ("a past of other rules", CHAIN.trusted(12), at, "past", signed[2:12]),
    ]


def _refused() -> list[Case]:
    """What validators signed against the rules."""
    at = CHAIN.now(CHAIN.last)
    wrong: list[tuple[str, int, dict[str, object]]] = [
        ("an epoch that jumps", 7, {"epoch": 4}),
        ("an epoch that repeats", 6, {"epoch": 2}),
        ("an engine that its parameters do not name", 7, {"engine": "snowman"}),
        ("a version that goes back", 7, {"version": 1, "epoch": 0, "engine": ""}),
        ("a version that rules cannot have yet", 2, {"version": 2, "epoch": 1, "engine": "quorum"}),
        ("an unknown engine", 7, {"engine": "poll"}),
        ("voters that change within an epoch", 7, {"validators_hash": bytes(32)}),
        ("an end that is not said", 5, {"ends_epoch": False}),
        ("a report that is none", 7, {"report": b"\x80"}),
        ("a report with more weights than passes", 7, {"report": _report(((), (), ()))}),
        ("a report with a weight too large", 7, {"report": _report(((), (1 << 24,)))}),
    ]
    cases = [
        (name, CHAIN.trusted(height - 1), at, "take", [_resigned(height, fields)])
        for name, height, fields in wrong
    ]
    told = _resigned(7, {"report": _report(((), (-5,)))})
    fields = {**CHAIN.headers[7].as_fields(), "version": 3}
    newer = _changed(CHAIN.signed[7], header=encode(fields))
    undecided = _changed(CHAIN.signed[5], decision=b"")
    return [
        *cases,
        ("a report", CHAIN.trusted(6), at, "take", [told]),
        ("a version that came later", CHAIN.trusted(6), at, "take", [newer]),
        ("an end without decision", CHAIN.trusted(4), at, "take", [undecided, CHAIN.signed[6]]),
        ("those who were voted out", CHAIN.trusted(5), at, "take", [_stray()]),
    ]


def _report(weights: tuple[tuple[int, ...], ...]) -> bytes:
    """Of two passes, whatever its weights are."""
    report = FocusReport(height=6, block=bytes(32), base=0, depth=1, weights=weights, rises=(9, 4))
    return report.encode()


def _resigned(height: int, fields: dict[str, object]) -> SignedHeader:
    return CHAIN.resigned(height, **fields)


def _stray() -> SignedHeader:
    """Block 6 of the epoch that block 5 ended, decided by those who voted in it."""
    committed = validator_set(LATER).digest()
    header = msgspec.structs.replace(CHAIN.headers[6], epoch=2, validators_hash=committed)
    decided = decision(header, sorted(LATER), epoch=2)
    return SignedHeader(header.encode(), b"", validators_bytes(LATER), decided)


def _proofs() -> list[Case]:
    """Parameters, proved or not."""
    before, at, signed = CHAIN.trusted(9), CHAIN.now(CHAIN.last), CHAIN.signed[10]
    _, of_another_block = state_of(3, parameters_data(LONG))
    _, of_others = state_of(9, parameters_data(SHORT))
    named = digest(parameters_data(OLD))
    needless = _changed(CHAIN.signed[11], parameters=signed.parameters)
    data = parameters_data(LONG)
    root, proof = state_of(6, data)
    parent = CHAIN.resigned(6, state_root=root)
    within = CHAIN.resigned(7, parent=digest(parent.header), params_hash=digest(data))
    return [
        ("parameters without proof", before, at, "take", [_changed(signed, parameters=b"")]),
        ("a proof that is none", before, at, "take", [_changed(signed, parameters=b"\x80")]),
        (
            "a proof under another root",
            before,
            at,
            "take",
            [_changed(signed, parameters=of_another_block)],
        ),
        (
            "a proof of other parameters",
            before,
            at,
            "take",
            [_changed(signed, parameters=of_others)],
        ),
        (
            "other parameters than proved",
            before,
            at,
            "take",
            [_resigned(10, {"params_hash": named})],
        ),
        ("a proof that nothing needs", CHAIN.trusted(10), at, "take", [needless]),
        (
            "parameters that change within an epoch",
            CHAIN.trusted(5),
            at,
            "take",
            [parent, _changed(within, parameters=proof)],
        ),
    ]


def _terms() -> list[Case]:
    """For how long validators are relied on where that changes."""
    shorter, longer = CHAIN.trusted(3), CHAIN.trusted(9)
    first, second = CHAIN.headers[3].time + 4 * DAY, CHAIN.headers[9].time + 4 * DAY
    held = msgspec.structs.replace(CHAIN.trusted(10), trusting=4 * DAY)
    late = CHAIN.headers[10].time + 4 * DAY
    return [
        ("trust that old rules allow", shorter, first - 1, "take", CHAIN.signed[4:5]),
        ("trust that new rules do not allow", shorter, first, "take", CHAIN.signed[4:5]),
        ("trust that new rules alone allow", longer, second, "take", CHAIN.signed[10:11]),
        ("the smaller trust in its epoch", held, late - 1, "take", CHAIN.signed[11:12]),
        ("more than the smaller trust in its epoch", held, late, "take", CHAIN.signed[11:12]),
    ]


def _of_one_key() -> list[Case]:
    at, signed = SOLO.now(SOLO.last), SOLO.signed
    older: dict[str, object] = {"version": 1, "engine": "", "ends_epoch": False}
    return [
        ("one key changes rules", SOLO.trusted(), at, "take", signed[1:]),
        (
            "one key changes rules without proof",
            SOLO.trusted(2),
            at,
            "take",
            [_changed(signed[3], parameters=b"")],
        ),
        ("a jump over changed rules", SOLO.trusted(1), at, "jump", signed[4:5]),
        ("a jump under the same rules", SOLO.trusted(3), at, "jump", signed[4:5]),
        *(
            (name, SOLO.trusted(3), at, "jump", [SOLO.resigned(4, **fields)])
            for name, fields in (
                ("a jump to an epoch before", {"epoch": 0}),
                ("a jump to a later epoch", {"epoch": 9}),
                ("a jump to another engine", {"engine": "quorum"}),
                ("a jump to an older version", {**older, "epoch": 0}),
            )
        ),
    ]
