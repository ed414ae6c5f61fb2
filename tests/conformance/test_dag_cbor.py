"""Strict dag-cbor and CIDs: DASL's cases, IPLD's negative ones, multihashes as links."""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import CodecError
from focusmesh.protocol.codec import DEPTH_MAX, Cid, decode, encode
from focusmesh.protocol.codec.reader import read
from focusmesh.protocol.codec.writer import write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import LeftOut, Needs, Vectors

OURS = {"dag-cbor", "basic", "dasl-cid"}
OTHER_DIALECTS = {"rfc8949", "dCBOR", "CDE", "CBOR-Core"}
# What an encoder must refuse, by the bytes that a lax one would write.
REFUSED_VALUES = {
    "f97e00": math.nan,
    "f97c00": math.inf,
    "f9fc00": -math.inf,
    "fb8000000000000000": -0.0,
    "c249010000000000000000": 2**64,
    "a10000": {0: 0},
    "f7": NotImplemented,
    "e0": object(),
    "c07819323032352d30352d32365431363a31383a31372d30343a3030": dt.datetime(
        2025, 5, 26, 16, 18, 17, tzinfo=dt.timezone(dt.timedelta(hours=-4))
    ),
}
READERS = {"with libipld": decode, "own": lambda data: read(data, DEPTH_MAX)}
WRITERS = {"with libipld": encode, "own": write}


def dasl_cases(folder: Path) -> list[dict[str, Any]]:
    return [case for file in sorted(folder.glob("*.json")) for case in json.loads(file.read_text())]


@pytest.mark.parametrize("way", READERS)
def test_dasl(vectors: Vectors, way: str) -> None:
    """Cases of dag-cbor, of every dialect ("basic") and of DASL's CIDs."""
    counted = {"roundtrip": 0, "invalid_in": 0, "invalid_out": 0}
    for case in dasl_cases(vectors("dasl")):
        if not OURS & set(case["tags"]):
            continue
        counted[case["type"]] += 1
        data = bytes.fromhex(case["data"])
        if case["type"] == "roundtrip":
            assert WRITERS[way](READERS[way](data)) == data, case["name"]
        elif case["type"] == "invalid_in":
            with pytest.raises(CodecError):
                READERS[way](data)
        else:
            with pytest.raises(CodecError):
                WRITERS[way](REFUSED_VALUES[case["data"]])
    assert counted == {"roundtrip": 23, "invalid_in": 60, "invalid_out": 9}


def test_the_rest_of_dasl_is_about_other_dialects(vectors: Vectors, left_out: LeftOut) -> None:
    """105 cases in all: what is left asks for floats in 2 bytes, big integers, keys that are numbers, NFC, …"""
    rest = [case for case in dasl_cases(vectors("dasl")) if not OURS & set(case["tags"])]
    assert len(rest) == 105 - (23 + 60 + 9)
    for case in rest:
        assert set(case["tags"]) <= OTHER_DIALECTS
        left_out("DASL cases of other CBOR dialects", f"{'/'.join(case['tags'])} {case['name']}")


def test_libipld_alone_would_accept_longer_forms(vectors: Vectors, needs: Needs) -> None:
    """Why what it decodes is encoded again: 24 numbers and lengths in too many bytes, and the head of a link."""
    libipld = needs("libipld")
    accepted = []
    for case in dasl_cases(vectors("dasl")):
        if case["type"] == "invalid_in" and "dag-cbor" in case["tags"]:
            try:
                libipld.decode_dag_cbor(bytes.fromhex(case["data"]))
            except ValueError:
                continue
            accepted.append(case["name"])
    assert len(accepted) == 25
    assert sum(name.startswith("unnecessary") for name in accepted) == 24


@pytest.mark.parametrize("way", READERS)
def test_duplicate_keys(vectors: Vectors, way: str) -> None:
    for case in json.loads((vectors("dag-cbor-negative") / "duplicate-keys.json").read_text()):
        with pytest.raises(CodecError, match="'foo'"):
            READERS[way](bytes.fromhex(case["hex"]))


def test_multihashes_as_links(vectors: Vectors) -> None:
    """Of all multihashes, a link takes whole SHA-256 digests (and BLAKE3, of which there are none here)."""
    accepted = 0
    with (vectors("multihash") / "test_cases.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            binary = b"\x01\x55" + bytes.fromhex(row["multihash"])
            if (row["algorithm"], row["bits"]) == ("sha2-256", "256"):
                assert Cid.parse(binary).binary == binary
                accepted += 1
            else:
                with pytest.raises(CodecError):
                    Cid.parse(binary)
    assert accepted > 0
