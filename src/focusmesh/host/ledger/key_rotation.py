"""A key of this machine gives way to a new one, in all ledgers that are named; killed anywhere, it can be done again.

NAME               the old key, until the new one holds its place in every ledger; then the new key
NAME.next          the new key until then, sealed before any ledger hears of it
NAME.before-……     the old key afterwards, by the first digits of its public key
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.errors import InputError, SignalError
from focusmesh.host.keys import Keyring
from focusmesh.host.ledger.ledger import OpenLedger
from focusmesh.kernel.session import rotate_step
from focusmesh.kernel.state import key_holder, read_account

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.host.keys import KeyFile, Keystore
    from focusmesh.host.storage import Folder
    from focusmesh.kernel.session import Placed
    from focusmesh.protocol.identity import SigningKey

_NEURON_DIGITS = 8


class Rotated(NamedTuple):
    """One ledger, and where the signal stands that rotated the key there; None where that was done before.

    ``makes_blocks`` says that the old key goes on making blocks there, by the rules of a network of version 1.
    """

    folder: Folder
    placed: Placed | None
    makes_blocks: bool


class Rotation:
    """The old key of a name, and the one that takes over."""

    def __init__(
        self,
        store: Keystore,
        name: str,
        passphrase: Callable[[str], str],
        new_passphrase: Callable[[str], str],
    ) -> None:
        """``new_passphrase`` is asked for a passphrase of a key that is made, or was by a rotation that was cut off.

        Raises UnknownParticleError, InputError for a name that is too long, FileError.
        """
        self.old = store.find(name)
        self.next_name = f"{self.old.name}.next"
        self.before_name = f"{self.old.name}.before-{self.old.neuron.hex()[:_NEURON_DIGITS]}"
        store.is_there(
            self.before_name
        )  # That both names can be used is known before anything is done.
        self.is_resumed = store.is_there(self.next_name)
        self._store = store
        self._asked = cache(passphrase)
        self._asked_new = cache(new_passphrase)

    def check(self, folders: Sequence[Folder]) -> None:
        """That the old key can be rotated in every one of the ledgers, or was; raises InputError for the first."""
        following = self._store.find(self.next_name).neuron if self.is_resumed else b""
        for folder in folders:
            ledger = OpenLedger(folder, self._keyring())
            try:
                _is_done(ledger, self.old, following)
            finally:
                ledger.close()

    def seal(self) -> SigningKey:
        """The new key: sealed from here on. Raises SecretError where one of the two does not open."""
        self._store.unlock(self.old.name, self._asked(self.old.name))
        phrase = self._asked_new(self.old.name)
        if not self.is_resumed:
            self._store.create(self.next_name, phrase)
        return self._store.unlock(self.next_name, phrase)

    def carry_out(self, folder: Folder, new: SigningKey) -> Rotated:
        """Rotates in one ledger, unless that was done; raises SignalError, StoreError."""
        ledger = OpenLedger(folder, self._keyring())
        try:
            chain = ledger.chain
            stays = chain.parameters.version == 1 and self.old.neuron in chain.proposers
            if _is_done(ledger, self.old, new.public):
                return Rotated(folder, None, stays)
            step = rotate_step(chain.network, self.old.neuron, new)
            try:
                (placed,) = ledger.send([step])
            except SignalError:
                # The signal of a run that was cut off may have waited for the node, and come first.
                if _is_done(ledger, self.old, new.public):
                    return Rotated(folder, None, stays)
                raise
            return Rotated(folder, placed, stays)
        finally:
            ledger.close()

    def finish(self) -> KeyFile:
        """Gives the name to the new key; all ledgers have it."""
        return self._store.succeed(self.old.name, self.next_name, self.before_name)

    def _keyring(self) -> Keyring:
        return Keyring(self._store, self.old.name, self._phrase)

    def _phrase(self, name: str) -> str:
        return self._asked_new(self.old.name) if name == self.next_name else self._asked(name)


def _is_done(ledger: OpenLedger, old: KeyFile, new: bytes) -> bool:
    """Whether ``new`` holds the place of ``old``; raises InputError where neither of them does."""
    get = ledger.chain.state.get
    holder, where = key_holder(get, old.neuron), ledger.folder.path
    if holder == new:
        return True
    if holder != old.neuron:
        raise InputError(
            f"{where}: the key {old.name!r} was rotated to {holder.hex()} there already, and not by this rotation"
        )
    if read_account(get, old.neuron) is None:
        raise InputError(
            f"{where}: the key {old.name!r} has no account there, so there is nothing to hand on: "
            "leave this ledger out, or name the key that has one"
        )
    return False
