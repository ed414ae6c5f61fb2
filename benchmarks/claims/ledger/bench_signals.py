"""Signals: made, read and checked, beside what the raw libraries need for the same bytes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks.harness import Result, Row, Target, interleaved, quotient, ratio, summary
from focusmesh.ids import digest
from focusmesh.protocol.codec import decode
from focusmesh.protocol.identity import SIGNATURE_BYTES, SigningKey, verify_many
from focusmesh.protocol.signal import SIGNAL_DOMAIN, Signal, parse, sign
from focusmesh.protocol.world import SignaturePool

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.protocol.signal import SignedSignal

_COUNT = 5_000
_OPERATIONS = 10_000
_PARSED_AT_LEAST = 40_000.0
_KEY = SigningKey(digest(b"a neuron"))


def measure(quick: bool) -> Result:
    """One-link signals of one neuron, and signals of 10,000 links."""
    result = Result("signals")
    count = 200 if quick else _COUNT
    signals = [_signal(number, 1) for number in range(count)]
    wires = [sign(signal, _KEY) for signal in signals]
    with SignaturePool(2) as pool:
        times = interleaved(_turns(signals, [parse(wire) for wire in wires], pool), rounds=5)
    best = {what: summary(taken)[0] for what, taken in times.items()}
    result.add(f"{count:,} signals of one link, one core", _rows(best, count))
    large = sign(_signal(0, _OPERATIONS), _KEY)
    taken = interleaved(_large_turns(large), rounds=5)
    best_large = {what: summary(each)[0] for what, each in taken.items()}
    result.add(f"A signal of {_OPERATIONS:,} links", _rows(best_large, _OPERATIONS))
    parsed = quotient(count, best["parse"])
    result.targets.append(
        Target("one-link signals parsed a second", _PARSED_AT_LEAST, parsed, "/s", at_least=True)
    )
    return result


def _signal(nonce: int, links: int) -> Signal:
    operations = tuple(
        ("link/1", digest(b"%d" % (nonce + link)), digest(b"to %d" % link), b"", 1_000 + link)
        for link in range(links)
    )
    return Signal(
        network=digest(b"network"),
        neuron=_KEY.public,
        nonce=nonce,
        expires_height=1_000,
        operations=operations,
    )


def _turns(
    signals: list[Signal], parsed: list[SignedSignal], pool: SignaturePool
) -> dict[str, Callable[[], float]]:
    import libipld
    from nacl.bindings import crypto_sign, crypto_sign_open

    checks = [each.check for each in parsed]
    pool.check(SIGNAL_DOMAIN, checks)  # the helpers have started
    messages = [SIGNAL_DOMAIN + each.id for each in parsed]
    signed = [each.signature + message for each, message in zip(parsed, messages, strict=True)]
    bodies = [each.wire[SIGNATURE_BYTES:] for each in parsed]
    expanded = _KEY.seed + _KEY.public
    return {
        "parse": _each(lambda: [parse(each.wire) for each in parsed]),
        "raw: libipld decodes the map": _each(lambda: [libipld.decode_dag_cbor(x) for x in bodies]),
        "encode and sign": _each(lambda: [sign(each, _KEY) for each in signals]),
        "raw: PyNaCl signs": _each(lambda: [crypto_sign(each, expanded) for each in messages]),
        "check": _each(lambda: verify_many(SIGNAL_DOMAIN, checks)),
        "raw: PyNaCl opens": _each(lambda: [crypto_sign_open(x, _KEY.public) for x in signed]),
        "check in a pool of two": _each(lambda: pool.check(SIGNAL_DOMAIN, checks)),
    }


def _large_turns(large: bytes) -> dict[str, Callable[[], float]]:
    import libipld

    body = large[SIGNATURE_BYTES:]
    return {
        "parse": _each(lambda: [parse(large)]),
        "decode, canonical alone": _each(lambda: [decode(body)]),
        "raw: libipld decodes the map": _each(lambda: [libipld.decode_dag_cbor(body)]),
    }


def _each(work: Callable[[], object]) -> Callable[[], float]:
    def turn() -> float:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began

    return turn


def _rows(best: dict[str, float | None], count: int) -> list[Row]:
    """A row a turn; what is raw comes right after what it is the raw part of."""
    rows: list[Row] = []
    for what, seconds in best.items():
        row: Row = {
            "what": what,
            "per_second": quotient(count, seconds),
            "µs_each": None if seconds is None else 1e6 * seconds / count,
            "times_the_raw": None,
        }
        if what.startswith("raw: "):
            rows[-1]["times_the_raw"] = ratio(best[str(rows[-1]["what"])], seconds)
        rows.append(row)
    return rows
