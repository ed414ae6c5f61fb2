"""Parts of a content under its digest: the nodes are those of the library's BLAKE3, and nothing else passes."""

from __future__ import annotations

from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.apps.grid import ChunksProof, prove_chunks, verify_chunks
from focusmesh.errors import ProofError
from focusmesh.ids import digest

CHUNK = 1_024


@st.composite
def contents(draw: st.DrawFn) -> tuple[bytes, set[int]]:
    """A content, and some of its chunks; sizes near the edges of blocks and chunks among them."""
    chunks = draw(st.integers(0, 20))
    size = max(0, chunks * CHUNK + draw(st.sampled_from([-64, -1, 0, 1, 63, 64, 500])))
    count = max(1, -(-size // CHUNK))
    wanted = draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=4))
    return Random(draw(st.integers(0, 99))).randbytes(size), wanted


@given(contents())
@settings(max_examples=60)
def test_the_digest_of_the_library_proves_every_chunk(case: tuple[bytes, set[int]]) -> None:
    content, wanted = case
    proof = prove_chunks(content, wanted)
    found = verify_chunks(proof, digest(content))
    assert found == {at: content[at * CHUNK : (at + 1) * CHUNK] for at in sorted(wanted)}


@given(contents(), st.data())
@settings(max_examples=60)
def test_another_byte_anywhere_is_refused(
    case: tuple[bytes, set[int]], data: st.DataObject
) -> None:
    content, wanted = case
    proof = prove_chunks(content, wanted)
    parts = [*proof.chunks, *proof.nodes]
    there = [n for n, part in enumerate(parts) if part]
    if not there:
        with pytest.raises(ProofError, match="not of the content"):
            verify_chunks(proof, digest(b"x"))
        return
    at = data.draw(st.sampled_from(there))
    place = data.draw(st.integers(0, len(parts[at]) - 1))
    parts[at] = bytes(byte ^ (place == n) for n, byte in enumerate(parts[at]))
    count = len(proof.chunks)
    other = ChunksProof(proof.size_bytes, proof.numbers, tuple(parts[:count]), tuple(parts[count:]))
    with pytest.raises(ProofError, match="not of the content"):
        verify_chunks(other, digest(content))


@pytest.mark.parametrize("size", [5 * CHUNK - 20, 5 * CHUNK + 20, 4 * CHUNK, 9 * CHUNK, 1])
def test_the_last_chunk_says_how_long_the_content_is(size: int) -> None:
    content = Random(1).randbytes(5 * CHUNK)
    proof = prove_chunks(content, {4})
    last = max(1, -(-size // CHUNK)) - 1
    chunk = content[4 * CHUNK :].ljust(2 * CHUNK, b"\0")[: size - last * CHUNK]
    lied = msgspec.structs.replace(proof, size_bytes=size, numbers=(last,), chunks=(chunk,))
    with pytest.raises(ProofError):
        verify_chunks(lied, digest(content))
    assert verify_chunks(proof, digest(content))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"numbers": ()}, "chunk"),
        ({"numbers": (1, 1)}, "chunk"),
        ({"numbers": (3,)}, "chunk"),
        ({"numbers": (-1,)}, "chunk"),
        ({"chunks": ()}, "chunk"),
        ({"nodes": ()}, "path"),
        ({"nodes": (bytes(32),) * 9}, "path"),
        ({"nodes": (b"short", b"short")}, "path"),
        ({"numbers": (2,)}, "chunk"),
        ({"numbers": (1 << 39,), "size_bytes": 1 << 50, "chunks": (bytes(1_024),)}, "chunk"),
    ],
)
def test_another_form_is_refused(changes: dict[str, tuple[object, ...] | int], code: str) -> None:
    content = Random(2).randbytes(2 * CHUNK + 5)
    proof = msgspec.structs.replace(prove_chunks(content, {1}), **changes)
    with pytest.raises(ProofError) as raised:
        verify_chunks(proof, digest(content))
    assert raised.value.code == code


def test_chunks_that_are_not_there_cannot_be_proved() -> None:
    for numbers in ([], [2], [-1]):
        with pytest.raises(ProofError, match="have chunks 0 … 1"):
            prove_chunks(bytes(1_500), numbers)
