"""The manifest of a partitioned graph: what the whole is, and the size and digest of every part file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from focusmesh.engine.cluster.parts.part import Whole
from focusmesh.engine.support.files import whole_file
from focusmesh.errors import DamagedFileError, FileError, InputError, NewerVersionError
from focusmesh.ids import DIGEST_BYTES, digest

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

MANIFEST = "manifest.json"
PART_NAMES = "part-*.focusmesh"
FORMAT, VERSION = "focusmesh parts", 1


@dataclass(frozen=True)
class PartFile:
    """One part file: its name in the folder, size, BLAKE3, and how much the part has, reads and sends.

    ``in_links`` and ``out_links`` are axons of its rows, ``foreign`` particles of others that it reads, ``sent`` its
    own particles that others read, each counted once for every reader.
    """

    name: str
    size: int
    digest: bytes
    in_links: int
    out_links: int
    foreign: int
    sent: int


@dataclass(frozen=True)
class Manifest:
    """``whole`` and one file for each part. ``weights`` is "none" (all 1), "float32" or "float64"."""

    whole: Whole
    weights: str
    files: tuple[PartFile, ...]

    @property
    def count(self) -> int:
        """Number of parts."""
        return self.whole.count

    @property
    def digest(self) -> bytes:
        """BLAKE3 of the manifest: of everything, since it has the digest of every file."""
        return digest(self.to_bytes())

    def to_bytes(self) -> bytes:
        """The one way to write it: JSON with sorted keys, one line a part."""
        whole, listed = self.whole, self.whole.particles_digest
        record = {
            "format": FORMAT,
            "version": VERSION,
            "particles": whole.particles,
            "axons": whole.axons,
            "linking": whole.linking,
            "longest_row": whole.longest_row,
            "particles_digest": None if listed is None else listed.hex(),
            "bounds": list(whole.bounds),
            "weights": self.weights,
        }
        head = ",\n".join(f'  "{key}": {json.dumps(record[key])}' for key in sorted(record))
        lines = ",\n".join(f"    {_line(file)}" for file in self.files)
        return f'{{\n{head},\n  "parts": [\n{lines}\n  ]\n}}\n'.encode()


def open_manifest(folder: str | os.PathLike[str]) -> Manifest:
    """The manifest of a folder of parts.

    Raises FileError where there is none, DamagedFileError for one that cannot be read, NewerVersionError.
    """
    path = Path(folder) / MANIFEST
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileError(
            f"cannot open {path}: {error.strerror or error}; a folder of parts comes from `focusmesh cluster "
            "partition`, and has its manifest when that has finished"
        ) from error
    try:
        manifest = _manifest(json.loads(content), str(path))
        manifest.whole.verify()
    except (KeyError, TypeError, ValueError, InputError) as error:
        raise DamagedFileError(
            f"{path} is damaged ({error!r}); partition the graph again"
        ) from error
    if manifest.to_bytes() != content:
        raise DamagedFileError(f"{path} is damaged: it was changed; partition the graph again")
    return manifest


def write_manifest(folder: str | os.PathLike[str], manifest: Manifest) -> None:
    """Writes it whole or not at all; raises FileError."""
    with whole_file(Path(folder) / MANIFEST) as file:
        file.write(manifest.to_bytes())


def drop_manifest(folder: str | os.PathLike[str]) -> None:
    """From now on the folder is not finished. Raises FileError."""
    path = Path(folder) / MANIFEST
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"cannot remove {path}: {error.strerror or error}") from error


def drop_others(folder: str | os.PathLike[str], manifest: Manifest) -> None:
    """Removes parts that the manifest does not name, of an earlier one, and what was left half-written."""
    named = {file.name for file in manifest.files}
    for pattern in (PART_NAMES, f".{PART_NAMES}.*"):
        for path in Path(folder).glob(pattern):
            if path.name not in named:
                path.unlink(missing_ok=True)


def part_name(rank: int) -> str:
    """What the file of a part is called."""
    return f"part-{rank:05d}.focusmesh"


def _line(file: PartFile) -> str:
    return json.dumps(vars(file) | {"digest": file.digest.hex()}, sort_keys=True)


def _manifest(record: Mapping[str, Any], path: str) -> Manifest:
    if record["format"] != FORMAT:
        raise InputError(f"its format is {record['format']!r}")
    if record["version"] > VERSION:
        raise NewerVersionError(
            f"{path} has format version {record['version']}; this focusmesh reads up to {VERSION}: upgrade it"
        )
    listed = record["particles_digest"]
    whole = Whole(
        particles=_read_count(record, "particles"),
        axons=_read_count(record, "axons"),
        linking=_read_count(record, "linking"),
        longest_row=_read_count(record, "longest_row"),
        particles_digest=None if listed is None else _digest(listed),
        bounds=tuple(int(bound) for bound in record["bounds"]),
    )
    files = tuple(_file(each) for each in record["parts"])
    if len(files) != whole.count:
        raise InputError(f"it lists {len(files)} parts and bounds of {whole.count}")
    return Manifest(whole, str(record["weights"]), files)


def _file(record: Mapping[str, Any]) -> PartFile:
    counts = {
        name: _read_count(record, name)
        for name in ("size", "in_links", "out_links", "foreign", "sent")
    }
    name = str(record["name"])
    if Path(name).name != name:
        raise InputError(f"{name!r} is not the name of a file in the folder")
    return PartFile(name=name, digest=_digest(record["digest"]), **counts)


def _read_count(record: Mapping[str, Any], name: str) -> int:
    value = record[name]
    if type(value) is not int or value < 0:
        raise InputError(f"{name} = {value!r} is not a count")
    return value


def _digest(text: str) -> bytes:
    value = bytes.fromhex(text)
    if len(value) != DIGEST_BYTES:
        raise InputError(f"{text!r} is not a digest")
    return value
