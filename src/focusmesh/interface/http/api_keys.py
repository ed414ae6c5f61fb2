"""API keys: who may ask and who may write. The file has names and digests; a key itself is shown once.

NAME DIGEST read       one key a line; "write" in the place of "read" lets it post signals as well
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from focusmesh.errors import FileError, InputError
from focusmesh.ids import digest
from focusmesh.interface.private_files import write_private

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LINE = re.compile(r"(?P<name>\S+) (?P<digest>[0-9a-f]{64}) (?P<right>read|write)")
_BYTES = 32


@dataclass(frozen=True, slots=True)
class ApiKey:
    """Whose key it is, and whether it may post signals."""

    name: str
    digest: bytes
    may_write: bool

    def line(self) -> str:
        """As it stands in the file."""
        return f"{self.name} {self.digest.hex()} {'write' if self.may_write else 'read'}"


class ApiKeys:
    """The keys of a file. A key has 256 bits of chance, so its plain digest can be compared and kept."""

    def __init__(self, keys: Sequence[ApiKey]) -> None:
        self._keys = {key.digest: key for key in keys}

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> ApiKeys:
        """Raises FileError where the file cannot be read, InputError with the line that is no key."""
        return cls(_read(Path(path)))

    def find(self, sent: str) -> ApiKey | None:
        """Whose key was sent; None where it is nobody's."""
        return self._keys.get(digest(sent.encode("utf-8", "surrogatepass")))

    def __len__(self) -> int:
        return len(self._keys)


def new_api_key(path: str | os.PathLike[str], name: str, *, may_write: bool) -> str:
    """Adds a key to the file, which is made for its owner alone if need be, and returns what to send.

    Raises InputError for a name that is none or taken.
    """
    where = Path(path)
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} cannot name an API key: use letters, digits, '.', '_' and '-'")
    known = _read(where) if where.exists() else []
    if name in {key.name for key in known}:
        raise InputError(
            f"{where}: there is a key named {name!r} already; take its line away first"
        )
    key = f"fm_{secrets.token_urlsafe(_BYTES)}"
    listed = [*known, ApiKey(name, digest(key.encode()), may_write)]
    content = "".join(f"{each.line()}\n" for each in listed)
    write_private(where, content.encode(), replace=where.exists())
    return key


def _read(path: Path) -> list[ApiKey]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"cannot read the API keys {path}: {error}") from error
    keys = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise InputError(f"{path}:{number}: no API key; write NAME DIGEST read, or … write")
        keys.append(
            ApiKey(match["name"], bytes.fromhex(match["digest"]), match["right"] == "write")
        )
    return keys
