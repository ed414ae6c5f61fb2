"""``serve --new``: a ledger, and the key that makes its blocks, where there are none yet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from focusmesh.host.storage import STAKE, Folder, create, milliseconds
from focusmesh.interface.cli.ledger.node import only_key
from focusmesh.interface.cli.shared.ledger_options import Unlocking, open_ledger

if TYPE_CHECKING:
    from focusmesh.engine.focus import FocusParams
    from focusmesh.host.keys import KeyFile, Keystore
    from focusmesh.host.settings import Settings
    from focusmesh.interface.cli.shared.screen import Screen

FIRST_KEY = "me"
"""What the key is called that is made for who has none."""


class Phrases:
    """Passphrases by the names of keys; each is asked for once."""

    def __init__(self, settings: Settings) -> None:
        receipts = settings.receipts
        self._unlocking = Unlocking(receipts.keys or None, receipts.passphrase_file or None)
        self._told: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        """The passphrase of a key."""
        return self._of(name, new=False)

    def new(self, name: str) -> str:
        """The passphrase of a key that is being made."""
        return self._of(name, new=True)

    def store(self) -> Keystore:
        """Where the keys are."""
        return self._unlocking.store()

    def _of(self, name: str, *, new: bool) -> str:
        if name not in self._told:
            self._told[name] = self._unlocking.passphrase(name, new=new)
        return self._told[name]


def begin_ledger(
    ledger: str, settings: Settings, params: FocusParams, phrases: Phrases, screen: Screen
) -> Settings:
    """Makes what is not there, and has the one that makes the blocks sign receipts, unless the settings name another.

    Raises FileError where the folder holds something else, ParameterError where it is not said which key it is to be.
    """
    folder, store = Folder(Path(ledger)), phrases.store()
    if folder.is_there():
        with open_ledger(ledger) as shared:
            proposers = shared.reading().proposers
        held = store.keys()
        named = [key.name for key in held if key.neuron in proposers]
    else:
        named = [_make_ledger(folder, settings, params, phrases, screen).name]
    if settings.receipts.key or not named:
        return settings
    return replace(settings, receipts=replace(settings.receipts, key=named[0]))


def _make_ledger(
    folder: Folder, settings: Settings, params: FocusParams, phrases: Phrases, screen: Screen
) -> KeyFile:
    from focusmesh.engine.focus import ProtocolParams
    from focusmesh.kernel.block import Grant
    from focusmesh.kernel.state import Parameters

    coefficients = ProtocolParams.of(params)
    key = _key(settings, phrases, screen)
    parameters = Parameters(
        proposers=(key.neuron,),
        minters=(key.neuron,),
        alpha=coefficients.alpha,
        diffusion=coefficients.diffusion,
        series=coefficients.series,
    )
    grant = Grant(key.neuron, 0, STAKE)
    create(folder, folder.path.resolve().name, parameters, [grant], milliseconds())
    screen.narrate(f"{folder.path}: a new ledger whose blocks {key.name} makes")
    return key


def _key(settings: Settings, phrases: Phrases, screen: Screen) -> KeyFile:
    """The key that is named, the only one there is, or a new one."""
    store = phrases.store()
    if settings.receipts.key:
        return store.find(settings.receipts.key)
    if store.keys():
        return only_key(store, "--receipts-key")
    made = store.create(FIRST_KEY, phrases.new(FIRST_KEY))
    screen.narrate(f"{made.path}: a new key; without its passphrase nobody can use it, nor can you")
    return made
