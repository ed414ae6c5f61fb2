"""Keys of neurons on this machine: one sealed file a key, which only its owner may read."""

from __future__ import annotations

import os
import re
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
from focusmesh.host.private_files import write_private
from focusmesh.kernel.state import sync_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

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

    def is_there(self, name: str) -> bool:
        """Whether a key has this name; raises InputError for one that none can have."""
        return self._path(name).exists()

    def free(self, name: str) -> Path:
        """Where a key of this name will be; raises FileError where there is one already."""
        path = self._path(name)
        if path.exists():
            raise FileError(f"{path}: there is a key named {name!r} already; choose another name")
        return path

    def create(self, name: str, passphrase: str) -> KeyFile:
        """A new key, from the randomness of the operating system; raises FileError where the name is taken."""
        from focusmesh.protocol.identity import SigningKey

        return self.keep(name, SigningKey.generate(os.urandom(32)), passphrase)

    def keep(
        self, name: str, key: SigningKey, passphrase: str, *, replace: bool = False
    ) -> KeyFile:
        """Seals a key and keeps it under a name.

        Raises FileError where the name is taken; with ``replace`` only where it is by another key: a key is never
        lost to another one.
        """
        path = self._path(name)
        if not replace or not path.exists():
            self.free(name)
        elif _key_file(path).neuron != key.public:
            raise FileError(f"{path}: holds another key; choose another name")
        self._write(path, key_file(key, passphrase), replace=replace)
        return KeyFile(name, key.public, path)

    def admit(self, name: str, sealed_key: Path, passphrase: str) -> KeyFile:
        """Keeps the sealed key in a file as it is, once it has been opened.

        Raises SecretError where it does not open, FileError where the name is taken, InputError where the key is here
        already, under whatever name.
        """
        path, data = self.free(name), read_key(sealed_key)
        key = open_key(data, passphrase, sealed_key)
        if there := self.name_of(key.public):
            raise InputError(f"the key {key.public.hex()} is here already, as {there!r}")
        self._write(path, data, replace=False)
        return KeyFile(name, key.public, path)

    def unlock(self, name: str, passphrase: str) -> SigningKey:
        """The key itself; raises SecretError for a wrong passphrase or a damaged file. About 0.1 s on purpose."""
        path = self.find(name).path
        return open_key(read_key(path), passphrase, path)

    def change_passphrase(self, name: str, old: str, new: str) -> KeyFile:
        """Seals a key anew; the file is replaced whole or not at all."""
        found = self.find(name)
        self._write(found.path, key_file(self.unlock(name, old), new), replace=True)
        return found

    def succeed(self, name: str, following: str, before: str) -> KeyFile:
        """The key named ``following`` is called ``name`` from now on, and the one that was is called ``before``.

        Killed in the middle, the old key has both names, and doing it again ends it. Raises FileError.
        """
        old, new = self.find(name), self.find(following)
        kept = self._path(before)
        if kept.exists() and _key_file(kept).neuron != old.neuron:
            raise FileError(f"{kept}: holds another key; move it away and do this again")
        try:
            if not kept.exists():
                os.link(old.path, kept)
                sync_folder(self.folder)
            new.path.replace(old.path)
            sync_folder(self.folder)
        except OSError as error:
            raise FileError(f"cannot rename {new.path}: {error.strerror}") from error
        return KeyFile(name, new.neuron, old.path)

    def keys(self) -> list[KeyFile]:
        """All keys, by name; files that hold none are left out, see ``faults``."""
        return self._read()[0]

    def faults(self) -> list[str]:
        """The key files of the folder that are none or cannot be read, each with its path and what is wrong."""
        return self._read()[1]

    def find(self, name: str) -> KeyFile:
        """The key of a name, or of a public key in hexadecimal; raises UnknownParticleError with close names."""
        if not _NEURON.fullmatch(name) and (path := self._path(name)).exists():
            return _key_file(path)
        keys, faults = self._read()
        for key in keys:
            if name in (key.name, key.neuron.hex()):
                return key
        unread = f" (not read: {'; '.join(faults)})" if faults else ""
        raise UnknownParticleError(
            name, f"key in {self.folder}{unread}", [key.name for key in keys][:3]
        )

    def neuron(self, text: str) -> bytes:
        """The public key that ``text`` stands for: 64 hexadecimal digits, or the name of a key here."""
        if _NEURON.fullmatch(text):
            return bytes.fromhex(text)
        return self.find(text).neuron

    def name_of(self, neuron: bytes) -> str | None:
        """What a public key is called here, None where it is not."""
        return next((key.name for key in self.keys() if key.neuron == neuron), None)

    def _read(self) -> tuple[list[KeyFile], list[str]]:
        """The keys, and what is wrong with the files that are none: one of them hides no key."""
        keys, faults = [], []
        for path in key_paths(self.folder):
            try:
                keys.append(_key_file(path))
            except (SecretError, FileError) as error:
                faults.append(str(error))
        return keys, faults

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise InputError(
                f"{name!r} cannot name a key: use up to 64 letters, digits, '.', '_' and '-'"
            )
        return self.folder / (name + SUFFIX)

    def _write(self, path: Path, data: bytes, *, replace: bool) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise FileError(f"cannot make {self.folder}: {error.strerror}") from error
        write_private(path, data, replace=replace)


def key_paths(folder: Path) -> list[Path]:
    """The key files in a folder, by name; none where there is no folder."""
    return sorted(folder.glob("*" + SUFFIX)) if folder.is_dir() else []


def key_file(key: SigningKey, passphrase: str) -> bytes:
    """The file of a key; raises ParameterError for a short passphrase. About 0.1 s on purpose."""
    from focusmesh.protocol.identity import SEAL_RANDOM_BYTES, seal_key

    if len(passphrase) < PASSPHRASE_LENGTH_MIN:
        raise ParameterError(f"a passphrase needs at least {PASSPHRASE_LENGTH_MIN} characters")
    return seal_key(key.seed, passphrase, os.urandom(SEAL_RANDOM_BYTES), public=key.public)


def open_key(data: bytes, passphrase: str, where: Path | str) -> SigningKey:
    """The key in a sealed file; raises SecretError with ``where`` the bytes are from."""
    from focusmesh.protocol.identity import SigningKey, read_sealed_key, unseal_key

    try:
        key = SigningKey(unseal_key(data, passphrase))
        public = read_sealed_key(data).public
    except InputError as error:
        raise SecretError(f"{where}: {error}") from error
    if key.public.hex() != public:
        raise SecretError(f"{where}: the secret in it is not that of its public key")
    return key


def read_key(path: Path) -> bytes:
    """The bytes of a sealed key file, cut where none is so long; raises FileError."""
    try:
        with path.open("rb") as file:
            return file.read(_FILE_BYTES_MAX)
    except OSError as error:
        raise FileError(f"cannot read the key {path}: {error.strerror}") from error


def _key_file(path: Path) -> KeyFile:
    from focusmesh.protocol.identity import KEY_BYTES, read_sealed_key

    try:
        neuron = bytes.fromhex(read_sealed_key(read_key(path)).public)
    except SecretError as error:
        raise SecretError(f"{path}: {error}") from error
    if len(neuron) != KEY_BYTES:
        raise SecretError(f"{path}: it does not say its public key")
    return KeyFile(path.name.removesuffix(SUFFIX), neuron, path)
