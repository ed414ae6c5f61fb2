"""Brotli under a limit: every size comes back, and nothing larger, cut or continued does."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.errors import CodecError, MissingExtraError
from focusmesh.protocol.compression import compress, decompress


@given(st.binary(max_size=300), st.integers(0, 400))
def test_what_was_compressed_comes_back_at_its_exact_size(pattern: bytes, times: int) -> None:
    content = pattern * times
    compressed = compress(content)
    assert decompress(compressed, len(content)) == content
    if content:
        with pytest.raises(CodecError, match="more than"):
            decompress(compressed, len(content) - 1)


def test_a_bomb_is_refused_before_it_fills_memory() -> None:
    bomb = compress(bytes(100_000_000))
    assert len(bomb) < 1_000
    with pytest.raises(CodecError, match="more than 1,000 bytes"):
        decompress(bomb, 1_000)


@pytest.mark.parametrize("content", [b"", b"focus" * 100, bytes(range(256)) * 300])
def test_a_stream_is_exactly_one(content: bytes) -> None:
    compressed = compress(content)
    for wrong in (b"", compressed[:-1], compressed + b"\0", compressed + compressed):
        with pytest.raises(CodecError):
            decompress(wrong, 1_000_000)


def test_without_brotli_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "brotli", None)
    with pytest.raises(MissingExtraError, match=r"focusmesh\[ledger\]"):
        compress(b"focus")
