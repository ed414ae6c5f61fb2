"""Manifests of backups: what was written, or damage that is told."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path

from focusmesh.errors import DamagedFileError, NewerVersionError
from focusmesh.host.storage.manifest import MANIFEST, BackupFile, Manifest
from focusmesh.ids import digest
from tests.fuzz.target import Structure, Target


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="focusmesh-fuzz-"))


def check(data: bytes) -> bool:
    (_folder() / MANIFEST).write_bytes(data)
    try:
        found = Manifest.read(_folder())
    except (DamagedFileError, NewerVersionError):
        return False
    assert found.encode() == data
    return True


def seeds() -> list[bytes]:
    files = (
        BackupFile("data.mdb", 9 << 20, tuple(digest(bytes([n])).hex() for n in range(3))),
        BackupFile("genesis", 0, ()),
    )
    return [Manifest("ab" * 32, 7, "cd" * 32, files, 4 << 20).encode()]


def _write(value: object) -> bytes:
    """With a true digest at its end, as somebody would who knows the format."""
    assert isinstance(value, dict)
    fields = {name: part for name, part in value.items() if name != "digest"}
    seal = digest(json.dumps(fields).encode()).hex()
    return json.dumps({**fields, "digest": seal}, indent=1).encode() + b"\n"


TARGET = Target(check, seeds, Structure(json.loads, _write))
