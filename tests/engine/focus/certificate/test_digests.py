"""The order of digests: what a name is hashed as, and how equal beginnings are told apart."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from focusmesh.engine.focus.certificate import digests as certificate_digests
from focusmesh.engine.focus.certificate.digests import digest_of_all, digest_order, name_digests
from focusmesh.engine.links import Names
from focusmesh.errors import CertificateError
from focusmesh.ids import digest

if TYPE_CHECKING:
    from tests.conftest import Vectors


@pytest.mark.parametrize(
    ("names", "spelt"),
    [
        (Names.of(["a", "ж", ""]), [b"sa", "sж".encode(), b"s"]),
        (Names.range(3), [b"i0", b"i1", b"i2"]),
        (Names.of([-5, 2**63 - 1, 10]), [b"i-5", b"i9223372036854775807", b"i10"]),
        (Names.of([-(2**63), 0, -10]), [b"i-9223372036854775808", b"i0", b"i-10"]),
        (Names.of([b"1" * 32, b"2" * 32]), [b"b" + b"1" * 32, b"b" + b"2" * 32]),
        (Names.of(["a", 1, b"1", 2**70]), [b"sa", b"i1", b"b1", b"i1180591620717411303424"]),
        (Names.texts(["x" * 63, "x" * 64, "x" * 3000]), [b"s" + b"x" * n for n in (63, 64, 3000)]),
    ],
)
@pytest.mark.parametrize("compiled_from", [0, 100])
def test_what_is_hashed(
    names: Names, spelt: list[bytes], compiled_from: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificate_digests, "COMPILED_FROM_LINKS", compiled_from)
    assert [bytes(row) for row in name_digests(names)] == [digest(text) for text in spelt]


def test_every_length_of_text(monkeypatch: pytest.MonkeyPatch, vectors: Vectors) -> None:
    """The published BLAKE3 cases have inputs 0, 1, 2 … 250, 0 …; ours are one byte longer, as they begin with ``b``."""
    content = json.loads((vectors("blake3") / "test_vectors.json").read_text(encoding="utf-8"))
    published = {case["input_len"]: case["hash"][:64] for case in content["cases"]}
    text = bytes(i % 251 for i in range(300))
    assert all(digest(text[:n]).hex() == published[n] for n in published if n <= 65)
    monkeypatch.setattr(certificate_digests, "COMPILED_FROM_LINKS", 0)
    found = name_digests(Names.of([text[:n] for n in range(130)]))
    assert [bytes(row) for row in found] == [digest(b"b" + text[:n]) for n in range(130)]


def test_the_order_is_that_of_bytes() -> None:
    digests = np.random.default_rng(1).integers(0, 256, (500, 32), dtype=np.uint8)
    digests[100:200, :8] = digests[0, :8]
    digests[150:200, :31] = digests[0, :31]
    digests[150:200, 31] = np.arange(50)
    order = digest_order(digests)
    listed = sorted(range(500), key=lambda i: bytes(digests[i]))
    assert order.tolist() == listed
    assert digest_of_all(digests, order) == digest(b"".join(bytes(digests[i]) for i in listed))


def test_a_digest_that_comes_twice() -> None:
    digests = np.zeros((2, 32), dtype=np.uint8)
    with pytest.raises(CertificateError, match="have the same digest"):
        digest_order(digests)
