"""What is small and would be huge or endless once read: refused by its form, before anything is made of it."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from typing import Any

import pytest

from focusmesh.errors import BlockError
from focusmesh.kernel.block import Body, Header, Outcome, body
from focusmesh.kernel.block.body import join_streams
from focusmesh.kernel.block.compression_limit import check_carried
from focusmesh.protocol.codec import encode
from focusmesh.protocol.compression import compress

SIGNAL = bytes(65)
MANY = 200_000
BYTES_MAX = 1 << 28


def refusal(content: bytes) -> str:
    with pytest.raises(BlockError) as refused:
        check_carried(content)
    assert refused.value.code == "body"
    return str(refused.value)


@pytest.mark.parametrize("count", [0, 1, 23, 24, 256, 70_000])
def test_signals_and_their_outcomes_pass(count: int) -> None:
    signals: list[Any] = [bytes(65 + number % 300) for number in range(count)]
    fees = [0, 23, 24, 2**16, 2**32, 2**63]
    codes = ["ok", "a-code-of-more-than-twenty-three-letters", ""]
    results: list[Any] = [[codes[n % 3], fees[n % 6]] for n in range(count)]
    check_carried(encode([signals, results]))
    assert len(signals) == len(results)


@pytest.mark.parametrize(
    ("carried", "reason"),
    [
        ([[b""] * MANY, [["ok", 0]] * MANY], "shorter than its signature"),
        ([[SIGNAL], [[[]] * MANY]], "not outcomes alone"),
        ([[SIGNAL], [["ok", [0] * MANY]]], "not outcomes alone"),
        ([[SIGNAL], [["ok", -1]]], "not outcomes alone"),
        ([[SIGNAL], [["ok", 0, 0]]], "not outcomes alone"),
        ([[[]] * MANY, []], "begins no such item"),
        ([[SIGNAL], []], "1 signals have 0 outcomes"),
        ([[], [["ok", 0]]], "0 signals have 1 outcomes"),
        ([[]] * MANY, "not two arrays"),
        ({"a": 1}, "not two arrays"),
    ],
)
def test_anything_else_is_refused(carried: Any, reason: str) -> None:
    assert reason in refusal(encode(carried))


def test_what_ends_too_early_is_refused() -> None:
    whole = encode([[SIGNAL], [["ok", 300]]])
    assert Body.decode(join_streams(compress(whole), b""), BYTES_MAX).signals == (SIGNAL,)
    for size in range(len(whole)):
        with pytest.raises(BlockError):
            Body.decode(join_streams(compress(whole[:size]), b""), BYTES_MAX)


def test_what_could_be_read_in_two_ways_is_read_in_one() -> None:
    """A form that let a byte be a length or a fee tried both for every outcome: 2⁶⁴ readings of 300 bytes."""
    program = (
        "from focusmesh.errors import BlockError\n"
        "from focusmesh.kernel.block.compression_limit import check_carried\n"
        "for outcome in (bytes.fromhex('82601805'), bytes.fromhex('82781818186105')):\n"
        "    try:\n"
        "        check_carried(bytes.fromhex('828080') + 64 * outcome + bytes([255]))\n"
        "    except BlockError as refused:\n"
        "        assert refused.code == 'body'\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, timeout=60)
    assert done.returncode == 0


def peak_bytes() -> int:
    """The most memory that reading a hundred bytes takes, of which the refusal comes with certainty."""
    bomb = join_streams(compress(encode([[[]] * MANY, []])), b"")
    assert len(bomb) < 100
    tracemalloc.start()
    with pytest.raises(BlockError):
        Body.decode(bomb, BYTES_MAX)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_is_in_proportion() -> None:
    assert peak_bytes() < 10 * MANY


def test_twin_without_the_look_before_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "check_carried", lambda content: None)
    assert peak_bytes() > 50 * MANY


def test_an_honest_body_comes_back() -> None:
    whole = Body(signals=(SIGNAL,), results=(Outcome("ok", 1),), focus=b"differences")
    assert Body.decode(whole.encode(), BYTES_MAX) == whole


def test_a_header_of_fields_within_fields() -> None:
    """Found by fuzzing: JSON may be as deep as Python's stack."""
    fields: dict[str, Any] = {}
    for _ in range(5_000):
        fields = {"parent": fields}
    with pytest.raises(BlockError, match="not a header"):
        Header.from_json(fields)
