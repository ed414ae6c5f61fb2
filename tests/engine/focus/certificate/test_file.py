"""Certificate files: one form, whole or not at all, damage is told."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh import Certificate, FocusParams, Graph, certify, verify
from focusmesh.engine.focus.certificate.file import decode, encode
from focusmesh.errors import (
    CertificateError,
    DamagedFileError,
    FileError,
    FocusmeshError,
    NewerVersionError,
)

if TYPE_CHECKING:
    from pathlib import Path

GRAPH = Graph.from_edges(list("abcd"), list("bcaa"), [100, 51, 200, 300])
PLAIN = encode(certify(GRAPH))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"weight_unit": 0.5},
        {"u": [0.1, 0.2, 0.3, 0.4]},
        {"params": FocusParams.pagerank(), "weight_unit": 3.0, "u": [4, 3, 2, 1]},
    ],
)
def test_it_comes_back(options: dict[str, object], tmp_path: Path) -> None:
    certificate = certify(GRAPH, **options)  # type: ignore[arg-type]
    certificate.save(tmp_path / "c.certificate")
    found = Certificate.open(tmp_path / "c.certificate")
    np.testing.assert_array_equal(found.vector, certificate.vector)
    assert (found.params, found.particles) == (certificate.params, certificate.particles)
    assert found.weight_unit == certificate.weight_unit
    assert encode(found) == (tmp_path / "c.certificate").read_bytes()
    assert verify(GRAPH, found) is not None


def test_the_form_is_the_one_on_the_page() -> None:
    head = struct.unpack("<8sIIQQQdQQ", PLAIN[:64])
    assert head == (b"FOCUSCRT", 1, 9, 4, 644245094, 2**31, 0.0, 0, 0)
    assert len(PLAIN) == 96 + 8 * (9 + 4)
    assert sum(struct.unpack("<4Q", PLAIN[-32:])) == 2**63


@given(st.integers(0, 8 * len(PLAIN) - 1))
def test_every_flipped_bit_is_found_sooner_or_later(bit: int) -> None:
    changed = bytearray(PLAIN)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(FocusmeshError):
        verify(GRAPH, decode(Certificate, bytes(changed), "c"), params=FocusParams())


@given(st.one_of(st.binary(), st.integers(0, len(PLAIN)).map(lambda at: PLAIN[:at])))
def test_other_bytes_are_damage(content: bytes) -> None:
    if content != PLAIN:
        with pytest.raises(DamagedFileError):
            decode(Certificate, content, "c")
    with pytest.raises(DamagedFileError):
        decode(Certificate, PLAIN + b"\0", "c")


@pytest.mark.parametrize("unit", [-1.0, -0.0, float("nan"), float("inf")])
def test_units_have_one_form(unit: float) -> None:
    with pytest.raises(DamagedFileError):
        decode(Certificate, PLAIN[:40] + struct.pack("<d", unit) + PLAIN[48:], "c")


def test_a_newer_version() -> None:
    with pytest.raises(NewerVersionError, match="format version 2"):
        decode(Certificate, PLAIN[:8] + b"\x02" + PLAIN[9:], "c")


def test_parameters_outside_of_their_ranges() -> None:
    with pytest.raises(CertificateError, match="c: a certificate needs 0 < alpha"):
        decode(Certificate, PLAIN[:24] + bytes(8) + PLAIN[32:], "c")


def test_files_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="No such file"):
        Certificate.open(tmp_path / "none")
    with pytest.raises(FileError, match="cannot write"):
        certify(GRAPH).save(tmp_path / "none" / "c")
    with pytest.raises(FileError):
        certify(GRAPH).save(tmp_path)
    assert list(tmp_path.iterdir()) == []
