"""API keys: who may ask and who may write. The file has names and digests; a key itself is shown once.

NAME DIGEST read           one key a line; "write" in the place of "read" lets it post signals as well
NAME ed25519:NEURON read   a neuron, which signs its requests and has no key to send
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from focusmesh.errors import FileError, InputError
from focusmesh.host.private_files import write_private
from focusmesh.ids import digest

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LINE = re.compile(
    r"(?P<name>\S+) (?P<kind>ed25519:)?(?P<digest>[0-9a-f]{64}) (?P<right>read|write)"
)
_NEURON = re.compile(r"[0-9a-f]{64}")
_BYTES = 32


@dataclass(frozen=True, slots=True)
class ApiKey:
    """Whose key it is, and whether it may post signals. ``digest`` is that of the key, or the neuron that signs."""

    name: str
    digest: bytes
    may_write: bool
    is_neuron: bool = False

    def line(self) -> str:
        """As it stands in the file."""
        kind = "ed25519:" if self.is_neuron else ""
        return f"{self.name} {kind}{self.digest.hex()} {'write' if self.may_write else 'read'}"


class ApiKeys:
    """The keys of a file. A key has 256 bits of chance, so its plain digest can be compared and kept."""

    def __init__(self, keys: Sequence[ApiKey]) -> None:
        self._keys = {key.digest: key for key in keys if not key.is_neuron}
        self._neurons = {key.digest: key for key in keys if key.is_neuron}

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> ApiKeys:
        """Raises FileError where the file cannot be read, InputError with the line that is no key."""
        return cls(_read(Path(path)))

    def find(self, sent: str) -> ApiKey | None:
        """Whose key was sent; None where it is nobody's."""
        return self._keys.get(digest(sent.encode("utf-8", "surrogatepass")))

    def neuron(self, public: bytes) -> ApiKey | None:
        """The neuron that signs with this key; None where it is not listed."""
        return self._neurons.get(public)

    def __len__(self) -> int:
        return len(self._keys) + len(self._neurons)


def new_api_key(path: str | os.PathLike[str], name: str, *, may_write: bool) -> str:
    """Adds a key to the file, which is made for its owner alone if need be, and returns what to send.

    Raises InputError for a name that is none or taken.
    """
    key = f"fm_{secrets.token_urlsafe(_BYTES)}"
    _add(Path(path), ApiKey(name, digest(key.encode()), may_write))
    return key


def admit_neuron(path: str | os.PathLike[str], name: str, neuron: str, *, may_write: bool) -> None:
    """Adds a neuron (its public key in hexadecimal) to the file; raises InputError as ``new_api_key`` does."""
    if not _NEURON.fullmatch(neuron):
        raise InputError(f"a neuron is 64 lower-case hexadecimal digits, not {neuron[:80]!r}")
    _add(Path(path), ApiKey(name, bytes.fromhex(neuron), may_write, is_neuron=True))


def _add(path: Path, key: ApiKey) -> None:
    if not _NAME.fullmatch(key.name):
        raise InputError(
            f"{key.name!r} cannot name an API key: use letters, digits, '.', '_' and '-'"
        )
    if path.exists() and key.name in {known.name for known in _read(path)}:
        raise InputError(
            f"{path}: there is a key named {key.name!r} already; take its line away first"
        )
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    ended = before if before.endswith("\n") or not before else f"{before}\n"
    write_private(path, f"{ended}{key.line()}\n".encode(), replace=path.exists())


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
            ApiKey(
                match["name"],
                bytes.fromhex(match["digest"]),
                match["right"] == "write",
                is_neuron=match["kind"] is not None,
            )
        )
    return keys
