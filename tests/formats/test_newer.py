"""A file of a later format is refused with both versions and what to do, whatever else is new in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from focusmesh import Certificate, Graph
from focusmesh.errors import (
    FocusmeshError,
    NewerVersionError,
    ProofError,
    SecretError,
)
from focusmesh.kernel.block import read_archive
from focusmesh.kernel.receipts import Receipt
from focusmesh.protocol.identity import envelope_recipients, read_sealed_key
from tests.formats.test_formats import HERE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def graph(path: Path) -> None:
    Graph.open(path)


def certificate(path: Path) -> None:
    Certificate.open(path)


def archive(path: Path) -> None:
    with path.open("rb") as stream:
        read_archive(stream)


def receipt(path: Path) -> None:
    Receipt.from_json(path.read_bytes())


def sealed(path: Path) -> None:
    read_sealed_key(path.read_bytes())


def envelope(path: Path) -> None:
    envelope_recipients(path.read_bytes())


def bumped(at: int) -> Callable[[bytes], bytes]:
    """The version is one byte."""

    def change(data: bytes) -> bytes:
        assert data[at] == 1
        return data[:at] + b"\2" + data[at + 1 :]

    return change


def with_more(data: bytes) -> bytes:
    """Another version, and a field that this one does not know."""
    return json.dumps(json.loads(data) | {"version": 2, "hue": "new"}).encode()


def exported_later(data: bytes) -> bytes:
    return data.replace(b"focusmesh chain 1\n", b"focusmesh chain 9\n", 1)


@pytest.mark.parametrize(
    ("name", "change", "read", "error"),
    [
        ("graph.focusmesh", bumped(8), graph, NewerVersionError),
        ("graph.certificate", bumped(8), certificate, NewerVersionError),
        ("exported.chain", exported_later, archive, NewerVersionError),
        ("rank.receipt.json", with_more, receipt, ProofError),
        ("alice.key.json", with_more, sealed, SecretError),
        ("long.envelope", bumped(4), envelope, SecretError),
    ],
)
def test_it_is_refused_by_name(
    tmp_path: Path,
    name: str,
    change: Callable[[bytes], bytes],
    read: Callable[[Path], None],
    error: type[FocusmeshError],
) -> None:
    path = tmp_path / name
    path.write_bytes((HERE / "1" / name).read_bytes())
    read(path)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(error) as refused:
        read(path)
    said = str(refused.value)
    assert "2" in said
    assert "this focusmesh" in said
    assert "1" in said.partition("this focusmesh")[2]
