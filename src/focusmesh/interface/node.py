"""What a network of ours is made of: its operation set, its genesis, where its parts lie in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from focusmesh.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.block import Genesis, Grant
    from focusmesh.kernel.runtime import Registry
    from focusmesh.kernel.state import Parameters

STAKE = 10**15
"""What the first neuron of a ledger has staked, in base units, unless something else is said."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A ledger's folder: ``store`` (the chain), ``spool`` (signals for the node), ``node.lock`` (held by the node)."""

    path: Path

    @classmethod
    def existing(cls, where: str | Path) -> Folder:
        """The folder of a ledger; raises FileError where there is none."""
        folder = cls(Path(where))
        if not folder.store.is_dir():
            raise FileError(
                f"{where}: there is no ledger here; `focusmesh node init {where}` makes one"
            )
        return folder

    @property
    def store(self) -> Path:
        """The chain and the state."""
        return self.path / "store"

    @property
    def spool(self) -> Path:
        """Signals that other processes leave for the node."""
        return self.path / "spool"

    @property
    def lock(self) -> Path:
        """Held while a node runs."""
        return self.path / "node.lock"


def operations() -> Registry:
    """Every operation that a signal of our networks may hold: the kernel's and the bank's."""
    from focusmesh.apps.bank import BANK_OPERATIONS
    from focusmesh.kernel.runtime import KERNEL_OPERATIONS, Registry

    return Registry((*KERNEL_OPERATIONS, *BANK_OPERATIONS))


def genesis(name: str, time: int, parameters: Parameters, grants: Sequence[Grant]) -> Genesis:
    """The beginning of a network with our operations; ``time`` in milliseconds since 1970."""
    from focusmesh.kernel.block import Genesis

    made = Genesis(
        name=name,
        time=time,
        parameters=parameters,
        grants=tuple(sorted(grants, key=lambda grant: grant.neuron)),
        operations=operations().digest,
    )
    made.verify()
    return made
