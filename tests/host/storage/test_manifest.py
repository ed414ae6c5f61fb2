"""What a backup says of itself is held against its files, and every flipped byte of either is found and placed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.errors import DamagedFileError, FileError, NewerVersionError
from focusmesh.host.storage.backups import verify_backup
from focusmesh.host.storage.ledger_folder import Folder
from focusmesh.host.storage.manifest import MANIFEST, Manifest
from focusmesh.ids import digest
from focusmesh.kernel.state import STORE_FILES
from tests.host.storage.backups import backed_up, filled, restored

if TYPE_CHECKING:
    from pathlib import Path


def altered(where: Path, **fields: Any) -> None:
    """Gives a manifest other fields, and a digest that fits them."""
    found = json.loads((where / MANIFEST).read_bytes())
    del found["digest"]
    found |= fields
    found["digest"] = digest(json.dumps(found).encode()).hex()
    (where / MANIFEST).write_text(json.dumps(found, indent=1) + "\n")


def test_files_of_another_block_than_the_manifest_says_are_refused(ledger: Path) -> None:
    where = backed_up(filled(ledger))
    altered(where, height=2)
    assert Manifest.read(where).height == 2
    with pytest.raises(DamagedFileError, match=r"are of block .* at height 3, its manifest says"):
        restored(where)
    assert not Folder(ledger.with_name("again")).is_there()


def test_a_backup_of_a_later_version_is_named(ledger: Path) -> None:
    where = backed_up(ledger)
    altered(where, format="focusmesh backup 2")
    with pytest.raises(NewerVersionError, match=r"is a backup of version 2; .* version 1: upgrade"):
        restored(where)


def test_a_manifest_that_names_other_files_is_refused(ledger: Path) -> None:
    where = backed_up(ledger)
    files = json.loads((where / MANIFEST).read_bytes())["files"]
    files[0]["name"] = "../../elsewhere"
    altered(where, files=files)
    with pytest.raises(DamagedFileError, match=r"names other files than data\.mdb"):
        restored(where)


@pytest.mark.usefixtures("pieces_of_1024")
@pytest.mark.parametrize("name", STORE_FILES)
def test_a_flipped_byte_is_found_and_placed(ledger: Path, name: str) -> None:
    where = backed_up(filled(ledger))
    whole = (where / name).read_bytes()
    for at in range(0, len(whole), 311):
        (where / name).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(DamagedFileError, match=f"{name} is damaged between bytes") as damaged:
            verify_backup(where)
        first, last = (
            int(word.replace(",", "").rstrip(":"))
            for word in str(damaged.value).split()
            if word.rstrip(":").replace(",", "").isdecimal()
        )
        assert first <= at <= last
        assert last - first < 1_024
    with pytest.raises(DamagedFileError, match=f"{name} is damaged"):
        restored(where)
    assert not Folder(ledger.with_name("again")).is_there()


def test_every_flipped_byte_of_a_manifest_is_found(ledger: Path) -> None:
    where = backed_up(ledger)
    whole = (where / MANIFEST).read_bytes()
    for at in range(len(whole)):
        for bits in (1, 32, 255):
            (where / MANIFEST).write_bytes(whole[:at] + bytes([whole[at] ^ bits]) + whole[at + 1 :])
            with pytest.raises(FileError):
                Manifest.read(where)


def test_files_that_are_missing_short_or_long_are_told(ledger: Path) -> None:
    where = backed_up(filled(ledger))
    heap = where / "contents.heap"
    whole = heap.read_bytes()
    for content in (whole[:-1], whole + b"x"):
        heap.write_bytes(content)
        with pytest.raises(DamagedFileError, match=r"contents\.heap has .* its manifest says"):
            verify_backup(where)
    heap.unlink()
    with pytest.raises(DamagedFileError, match=r"contents\.heap is missing"):
        restored(where)
