"""The keys that one process signs with, each opened once and only when it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.errors import InputError, SecretError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from focusmesh.host.keys.keystore import Keystore
    from focusmesh.protocol.identity import SigningKey


class Keyring:
    """The key of a neuron, and where this process makes blocks, a key that may.

    ``name`` is a key of ``store``; without it the key that may make blocks signs. ``passphrase`` is asked for the name
    of the key that it shall open.
    """

    def __init__(self, store: Keystore, name: str | None, passphrase: Callable[[str], str]) -> None:
        self._store = store
        self._name = name
        self._passphrase = passphrase
        self._opened: dict[bytes, SigningKey] = {}

    def neuron(self, proposers: Collection[bytes]) -> bytes:
        """Who signs, without opening its key; raises InputError where that is not here."""
        return self._store.find(self._name or self._proposing(proposers)).neuron

    def signer(self, proposers: Collection[bytes]) -> SigningKey:
        """The key of who signs; raises SecretError besides."""
        return self._open(self._name or self._proposing(proposers))

    def proposer(self, proposers: Collection[bytes]) -> SigningKey:
        """A key that may make blocks: the signer's, or another one of the store. Raises InputError, SecretError."""
        if self._name is None or self._store.find(self._name).neuron in proposers:
            return self.signer(proposers)
        name = self._proposing(proposers)
        try:
            return self._open(name)
        except SecretError as error:
            raise SecretError(
                f"blocks of this ledger are made with the key {name!r}: {error}; start a node with "
                "that key, or use a passphrase that opens both"
            ) from error

    def validator(self, validators: Collection[bytes], *, unnamed: bool) -> SigningKey | None:
        """The key that votes here: the one that was named, else, if ``unnamed``, the only validator's in the store.

        None where that is no validator's (now). Raises InputError where several could be meant, SecretError.
        """
        if self._name is not None:
            return self._open(self._name) if self._neuron(self._name) in validators else None
        names = [name for neuron in validators if (name := self._store.name_of(neuron))]
        if not names or not unnamed:
            return None
        if len(names) > 1:
            raise InputError(
                f"{self._store.folder} has the keys of several validators, {', '.join(sorted(names))}: name the one "
                "that votes from this node by --key, each may vote from only one node"
            )
        return self._open(names[0])

    def _neuron(self, name: str) -> bytes:
        return self._store.find(name).neuron

    def may_propose(self, proposers: Collection[bytes]) -> bool:
        """Whether one of the keys here may make blocks; none is opened."""
        return any(self._store.name_of(neuron) for neuron in proposers)

    def _proposing(self, proposers: Collection[bytes]) -> str:
        for neuron in proposers:
            if name := self._store.name_of(neuron):
                return name
        neurons = ", ".join(neuron.hex() for neuron in proposers)
        raise InputError(
            f"no key in {self._store.folder} makes the blocks of this ledger; {neurons} does: "
            "name the key that signs, and run the node where that key is"
        )

    def _open(self, name: str) -> SigningKey:
        # By neuron: while this process runs, a rotation gives the name to another key.
        neuron = self._store.find(name).neuron
        if neuron not in self._opened:
            self._opened[neuron] = self._store.unlock(name, self._passphrase(name))
        return self._opened[neuron]
