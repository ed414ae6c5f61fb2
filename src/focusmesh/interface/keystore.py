"""Keys of neurons on this machine: one sealed file a key, which only its owner may read."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from focusmesh.errors import (
    FileError,
    InputError,
    ParameterError,
    SecretError,
    UnknownParticleError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from focusmesh.protocol.identity import SigningKey

SUFFIX = ".key.json"
PASSPHRASE_LENGTH_MIN = 8
PASSPHRASE_VARIABLE = "FOCUSMESH_PASSPHRASE"
"""The environment variable that opens keys where nobody is asked."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NEURON = re.compile(r"[0-9a-f]{64}")
_FILE_BYTES_MAX = 1 << 16


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key as everyone may see it: what it is called here, its Ed25519 public key, where its file is."""

    name: str
    neuron: bytes
    path: Path


class Keystore:
    """The sealed key files of one folder. Secrets are in memory only between ``unlock`` and the end of their use."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        """The folder is made, for its owner alone, when the first key is."""
        self.folder = Path(folder)

    @classmethod
    def at(cls, folder: str | None, environment: Mapping[str, str]) -> Keystore:
        """The keystore in ``folder``, else where FOCUSMESH_KEYS says, else in the user's data folder."""
        if chosen := folder or environment.get("FOCUSMESH_KEYS"):
            return cls(chosen)
        data = environment.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
        return cls(Path(data, "focusmesh", "keys"))

    def free(self, name: str) -> Path:
        """Where a key of this name will be; raises FileError where there is one already."""
        path = self._path(name)
        if path.exists():
            raise FileError(f"{path}: there is a key named {name!r} already; choose another name")
        return path

    def create(self, name: str, passphrase: str) -> KeyFile:
        """A new key, from the randomness of the operating system; raises FileError where the name is taken."""
        from focusmesh.protocol.identity import SigningKey

        path = self.free(name)
        key = SigningKey.generate(os.urandom(32))
        self._write(path, key, passphrase, replace=False)
        return KeyFile(name, key.public, path)

    def unlock(self, name: str, passphrase: str) -> SigningKey:
        """The key itself; raises SecretError for a wrong passphrase or a damaged file. About 0.1 s on purpose."""
        from focusmesh.protocol.identity import SigningKey, unseal_key

        found = self.find(name)
        try:
            key = SigningKey(unseal_key(_read(found.path), passphrase))
        except SecretError as error:
            raise SecretError(f"{found.path}: {error}") from error
        if key.public != found.neuron:
            raise SecretError(f"{found.path}: the secret in it is not that of its public key")
        return key

    def change_passphrase(self, name: str, old: str, new: str) -> KeyFile:
        """Seals a key anew; the file is replaced whole or not at all."""
        found = self.find(name)
        self._write(found.path, self.unlock(name, old), new, replace=True)
        return found

    def keys(self) -> list[KeyFile]:
        """All keys, by name."""
        return list(self._keys())

    def find(self, name: str) -> KeyFile:
        """The key of a name, or of a public key in hexadecimal; raises UnknownParticleError with close names."""
        if not _NEURON.fullmatch(name) and (path := self._path(name)).exists():
            return _key_file(path)
        for key in self._keys():
            if name in (key.name, key.neuron.hex()):
                return key
        names = [key.name for key in self._keys()]
        raise UnknownParticleError(name, f"key in {self.folder}", names[:3])

    def neuron(self, text: str) -> bytes:
        """The public key that ``text`` stands for: 64 hexadecimal digits, or the name of a key here."""
        if _NEURON.fullmatch(text):
            return bytes.fromhex(text)
        return self.find(text).neuron

    def name_of(self, neuron: bytes) -> str | None:
        """What a public key is called here, None where it is not."""
        return next((key.name for key in self._keys() if key.neuron == neuron), None)

    def _keys(self) -> Iterator[KeyFile]:
        paths = sorted(self.folder.glob("*" + SUFFIX)) if self.folder.is_dir() else []
        return (_key_file(path) for path in paths)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise InputError(
                f"{name!r} cannot name a key: use up to 64 letters, digits, '.', '_' and '-'"
            )
        return self.folder / (name + SUFFIX)

    def _write(self, path: Path, key: SigningKey, passphrase: str, *, replace: bool) -> None:
        from focusmesh.protocol.identity import SEAL_RANDOM_BYTES, seal_key

        if len(passphrase) < PASSPHRASE_LENGTH_MIN:
            raise ParameterError(f"a passphrase needs at least {PASSPHRASE_LENGTH_MIN} characters")
        random = os.urandom(SEAL_RANDOM_BYTES)
        sealed = seal_key(key.seed, passphrase, random, public=key.public)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with open(beside, "xb", opener=_for_owner) as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            # A link fails where the name was taken in the meantime; a rename would replace it.
            beside.replace(path) if replace else os.link(beside, path)
        except OSError as error:
            raise FileError(f"cannot write the key {path}: {error.strerror}") from error
        finally:
            with suppress(OSError):
                beside.unlink()


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_FILE_BYTES_MAX)
    except OSError as error:
        raise FileError(f"cannot read the key {path}: {error.strerror}") from error


def _key_file(path: Path) -> KeyFile:
    from focusmesh.protocol.identity import KEY_BYTES, read_sealed_key

    try:
        neuron = bytes.fromhex(read_sealed_key(_read(path)).public)
    except SecretError as error:
        raise SecretError(f"{path}: {error}") from error
    if len(neuron) != KEY_BYTES:
        raise SecretError(f"{path}: it does not say its public key")
    return KeyFile(path.name.removesuffix(SUFFIX), neuron, path)
