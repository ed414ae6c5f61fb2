"""What a backup says of itself: of which block it is, and what each piece of each of its files digests to."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from focusmesh.errors import DamagedFileError, FileError, NewerVersionError
from focusmesh.ids import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

MANIFEST = "manifest.json"
PIECE_BYTES = 4 << 20
"""Every so many bytes of a file have a digest, so that damage is found within that range."""
_NAME, _VERSION = "focusmesh backup", 1
_BYTES_MAX = 1 << 28
_PIECE_BYTES_MAX = 1 << 26


@dataclass(frozen=True)
class BackupFile:
    """A file of a backup: how long it is, and the BLAKE3-256 of each piece, in hexadecimal."""

    name: str
    bytes: int
    pieces: tuple[str, ...]


@dataclass(frozen=True)
class Manifest:
    """A backup of the ledger ``network`` as of the block ``block`` at ``height``; ids in hexadecimal."""

    network: str
    height: int
    block: str
    files: tuple[BackupFile, ...]
    piece_bytes: int

    @property
    def size_bytes(self) -> int:
        """Of all files together."""
        return sum(file.bytes for file in self.files)

    def encode(self) -> bytes:
        """JSON that ends with the digest of all before it."""
        fields = {"format": f"{_NAME} {_VERSION}", **asdict(self)}
        seal = digest(json.dumps(fields).encode()).hex()
        return json.dumps({**fields, "digest": seal}, indent=1).encode() + b"\n"

    def _is_whole(self) -> bool:
        """Whether every byte of every file has a digest."""
        return 0 < self.piece_bytes <= _PIECE_BYTES_MAX and all(
            len(file.pieces) == -(-file.bytes // self.piece_bytes) for file in self.files
        )

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """That of the backup in ``folder``.

        Raises FileError where there is none, DamagedFileError where a byte of it is another one, NewerVersionError for
        one of a later version.
        """
        path = folder / MANIFEST
        data = _content(path)
        try:
            fields = json.loads(data)
            _check_format(path, fields["format"])
            files = tuple(
                BackupFile(file["name"], file["bytes"], tuple(file["pieces"]))
                for file in fields["files"]
            )
            identity = (fields["network"], fields["height"], fields["block"])
            found = cls(*identity, files, fields["piece_bytes"])
            same = found.encode() == data and found._is_whole()
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise _damage_error(path) from error
        if not same:
            raise _damage_error(path)
        return found


def cut_pieces(pieces: Iterable[bytes], piece_bytes: int, digests: list[str]) -> Iterator[bytes]:
    """``pieces`` cut anew into those of a backup; the digest of each joins ``digests``."""
    rest = bytearray()
    for piece in pieces:
        rest += piece
        while len(rest) >= piece_bytes:
            yield _note_digest(bytes(rest[:piece_bytes]), digests)
            del rest[:piece_bytes]
    if rest:
        yield _note_digest(bytes(rest), digests)


def check_pieces(path: Path, file: BackupFile, piece_bytes: int) -> Iterator[bytes]:
    """The pieces of a file of a backup; raises DamagedFileError at the first that is not what was written."""
    size = path.stat().st_size if path.is_file() else None
    if size != file.bytes:
        found = "is missing" if size is None else f"has {size:,} bytes"
        raise DamagedFileError(f"{path} {found}, its manifest says {file.bytes:,} bytes: {_ADVICE}")
    with path.open("rb") as stream:
        for number, expected in enumerate(file.pieces):
            first = number * piece_bytes
            try:
                piece = stream.read(piece_bytes)
            except OSError as error:
                raise FileError(
                    f"{path} cannot be read at byte {first:,}: {error.strerror}"
                ) from error
            if digest(piece).hex() != expected:
                raise DamagedFileError(
                    f"{path} is damaged between bytes {first:,} and {first + len(piece) - 1:,}: {_ADVICE}"
                )
            yield piece


_ADVICE = "use another backup, or an exported chain"


def _note_digest(piece: bytes, digests: list[str]) -> bytes:
    digests.append(digest(piece).hex())
    return piece


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            # Room is made for as many bytes as are asked for, whatever there is.
            return stream.read(min(_BYTES_MAX, os.fstat(stream.fileno()).st_size))
    except FileNotFoundError as error:
        raise FileError(
            f"{path.parent}: is not a backup, there is no {MANIFEST}; `focusmesh node backup` makes one"
        ) from error
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}") from error


def _check_format(path: Path, found: Any) -> None:
    name, _, version = str(found).rpartition(" ")
    if name == _NAME and version.isdecimal() and int(version) > _VERSION:
        raise NewerVersionError(
            f"{path.parent} is a backup of version {version}; this focusmesh reads version {_VERSION}: upgrade it"
        )


def _damage_error(path: Path) -> DamagedFileError:
    return DamagedFileError(f"{path} is damaged, it is not what was written: {_ADVICE}")
