"""Squares of blocks: coding, roots, repair and samples; beside ISA-L's Reed–Solomon and OpenSSL's SHA-256.

ISA-L codes with other coefficients and has no light nodes; what it shows is how fast k + k pieces can be had at all.
"""

from __future__ import annotations

import random
import time
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.harness import Result, Row, Target, interleaved, quotient, ratio, summary
from focusmesh.engine.support import parallel
from focusmesh.kernel.availability import (
    NAMESPACE_BYTES,
    SHARE_BYTES,
    BadEncoding,
    Gathering,
    Square,
    extend,
    miss_probability,
    places_of,
    repair,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from focusmesh.engine.support.arrays import ByteArray
    from focusmesh.kernel.availability import ProvedShare, Roots

_LIMITS_MS = {64: 250.0, 128: 1_000.0}
_REPAIR_TIMES = 3.0
_LOSS = 0.25
_SAMPLES = 16
_Z = 1.96


def measure(quick: bool) -> Result:
    """Full squares of k × k shares; k = 64 is a body of 2 MiB, k = 128 of 8 MiB."""
    result = Result("availability")
    widths = (8,) if quick else (1, 8, 64, 128)
    result.add(
        "Squares: coding (three quarters of it), both sets of roots, repair of 25 % loss and from k rows; best runs",
        [_square(result, width) for width in widths],
    )
    _codes(result, widths[-2:])
    _samples(result, widths[-1])
    _detection(result, 2_000 if quick else 200_000)
    return result


def _shares(width: int) -> ByteArray:
    shares = np.random.default_rng(width).integers(
        0, 256, (width, width, SHARE_BYTES), dtype=np.uint8
    )
    shares[:, :, :NAMESPACE_BYTES] = 0
    return shares


def _square(result: Result, width: int) -> Row:
    shares = _shares(width)
    square = Square.of(shares)
    known = np.random.default_rng(1).random(square.shares.shape[:2]) >= _LOSS
    left = np.where(known[:, :, None], square.shares, 0).astype(np.uint8)
    roots = square.roots
    hashed = np.random.default_rng(2).bytes(_hashed_bytes(width))
    times = interleaved(
        {
            "code": _timed(lambda: Square.of(shares)),
            "square": _timed(lambda: Square.of(shares).roots.data_root),
            "repair": _timed(lambda: repair(left, known, roots)),
            "rows": _timed(lambda: _from_rows(square)),
            "openssl": _timed(lambda: sha256(hashed).digest()),
        }
    )
    best = {name: summary(each)[0] for name, each in times.items()}
    milliseconds = {name: quotient(1_000 * (seconds or 0.0), 1.0) for name, seconds in best.items()}
    if width in _LIMITS_MS:
        what = f"extend and both sets of roots, k = {width}"
        result.targets.append(Target(what, _LIMITS_MS[width], milliseconds["square"], "ms"))
        times_slower = ratio(best["repair"], best["square"])
        result.targets.append(
            Target(f"repair of 25 % loss, k = {width}", _REPAIR_TIMES, times_slower, "× that")
        )
    return {
        "k": width,
        "body_bytes": shares.nbytes,
        "code_ms": milliseconds["code"],
        "code_and_roots_ms": milliseconds["square"],
        "repair_ms": milliseconds["repair"],
        "from_k_rows_ms": milliseconds["rows"],
        "OpenSSL_one_core_ms": milliseconds["openssl"],
        "cores": parallel.thread_count(),
    }


def _from_rows(square: Square) -> Square | BadEncoding | None:
    """As a repairer does it that takes k whole rows of a server, each checked by its root as it comes."""
    gathering, k = Gathering(square.roots), square.width
    for row in range(k):
        gathering.add_line("row", row, [share.tobytes() for share in square.shares[row]])
    return gathering.repair()


def _hashed_bytes(width: int) -> int:
    """What the trees over a square hash: every share once, every inner node of both sets of trees."""
    leaf, node = 1 + NAMESPACE_BYTES + SHARE_BYTES, 1 + 2 * (2 * NAMESPACE_BYTES + 32)
    return 4 * width**2 * leaf + 2 * 2 * width * (2 * width - 1) * node


def _codes(result: Result, widths: tuple[int, ...]) -> None:
    """MB of data a second that become twice as many, in lines of k pieces of 512 bytes."""
    rows: list[Row] = []
    for width in widths:
        lines = _shares(width)
        turns = {"own, all cores": _timed(partial(extend, lines))}
        with parallel.limited(1):
            one = interleaved({"own": _timed(partial(extend, lines))})["own"]
        peer = _isa_l(result, lines)
        if peer is not None:
            turns["ISA-L"] = peer
        best = {name: summary(each)[0] for name, each in interleaved(turns).items()}
        best["own, one core"] = summary(one)[0]
        rows += [
            {
                "k": width,
                "who": who,
                "MB_per_s": quotient(lines.nbytes, seconds, 1e6),
                "times_as_long_as_own": ratio(seconds, best["own, one core"]),
            }
            for who, seconds in best.items()
        ]
    result.add("Reed–Solomon, k + k pieces of 512 bytes", rows)


def _isa_l(result: Result, lines: ByteArray) -> Callable[[], float] | None:
    try:
        from pyeclib.ec_iface import ECDriver
    except ImportError:
        result.not_run["ISA-L"] = "pyeclib is not installed"
        return None
    k = len(lines)
    if 2 * k > 128 + 128:
        return None
    try:
        driver = ECDriver(k=k, m=k, ec_type="isa_l_rs_cauchy")
    except Exception as error:
        result.not_run[f"ISA-L, k = {k}"] = str(error)
        return None
    data = [line.tobytes() for line in lines]
    return _timed(lambda: [driver.encode(each) for each in data])


def _samples(result: Result, width: int) -> None:
    square = Square.of(_shares(width))
    roots = square.roots
    places = places_of(width, random.Random(1).randbytes, _SAMPLES)
    proved = [square.prove(*place) for place in places]
    times = interleaved(
        {
            "prove": _timed(lambda: [square.prove(*place) for place in places]),
            "verify": _timed(lambda: _verified(proved, roots)),
        }
    )
    result.add(
        f"A light node of {_SAMPLES} samples, k = {width}",
        [
            {
                "share_and_proof_bytes": len(proved[0].encode()),
                "roots_bytes": len(roots.encode()),
                "all_samples_bytes": sum(len(share.encode()) for share in proved),
                "prove_one_ms": quotient(1_000 * (summary(times["prove"])[0] or 0.0), _SAMPLES),
                "verify_one_ms": quotient(1_000 * (summary(times["verify"])[0] or 0.0), _SAMPLES),
            }
        ],
    )


def _verified(proved: list[ProvedShare], roots: Roots) -> None:
    for share in proved:
        share.verify(roots)


def _detection(result: Result, trials: int) -> None:
    """Light nodes that were fooled, of ``trials``, by a producer that withholds the least that cannot be repaired."""
    rows: list[Row] = []
    for width in (4, 16, 128):
        rng = random.Random(width).randbytes
        fooled = sum(
            all(row > width or column > width for row, column in places_of(width, rng, _SAMPLES))
            for _ in range(trials)
        )
        low, high = _interval(fooled, trials)
        expected = miss_probability(width, _SAMPLES)
        rows.append(
            {
                "k": width,
                "light_nodes": trials,
                "fooled": fooled,
                "measured": fooled / trials,
                "low": low,
                "high": high,
                "hypergeometric": expected,
                "within": str(low <= expected <= high),
            }
        )
    result.add(
        f"Light nodes of {_SAMPLES} samples that miss (k + 1)² withheld shares (Wilson's 95 % interval)",
        rows,
    )


def _interval(hits: int, tries: int) -> tuple[float, float]:
    share, spread = hits / tries, _Z**2 / tries
    middle = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * (share * (1 - share) / tries + spread / (4 * tries)) ** 0.5
    return middle - half, middle + half


def _timed(call: Callable[[], object]) -> Callable[[], float]:
    def turn() -> float:
        begun = time.perf_counter()
        call()
        return time.perf_counter() - begun

    return turn
