"""BLAKE3 and multihash values that others published."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
from typing import TYPE_CHECKING

from focusmesh.ids import digest, from_cid, to_cid

if TYPE_CHECKING:
    from tests.conftest import Vectors


def test_blake3(vectors: Vectors) -> None:
    """Inputs repeat the bytes 0 … 250; the first 32 bytes of each output are the digest."""
    cases = json.loads((vectors("blake3") / "test_vectors.json").read_text())["cases"]
    assert len(cases) == 35
    for case in cases:
        content = bytes(i % 251 for i in range(case["input_len"]))
        assert digest(content).hex() == case["hash"][:64]


def test_multihash_inside_of_a_cid(vectors: Vectors) -> None:
    """A CIDv1 is version 1, codec raw, then the multihash: SHA-256 of 32 bytes is accepted."""
    with (vectors("multihash") / "test_cases.csv").open(newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["algorithm"] == "sha2-256" and row["bits"] == "256"
        ]
    assert rows
    for row in rows:
        own = bytes.fromhex(row["multihash"])[2:]
        cid = "b" + base64.b32encode(b"\x01\x55" + bytes.fromhex(row["multihash"])).decode().lower()
        assert to_cid(own, "sha2-256") == cid.rstrip("=")
        assert from_cid(cid.rstrip("=")) == own


def test_sha256_is_told_apart_from_blake3() -> None:
    content = b"focus"
    assert to_cid(digest(content)) != to_cid(hashlib.sha256(content).digest(), "sha2-256")
