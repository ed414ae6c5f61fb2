"""A state made again from its leaves, for whoever does not believe the one who has it.

The leaves come as the pages of a snapshot. From them follow the root of the state, the supply, the roots of focus and
particles, h, and by a solve that begins with nothing a focus of one's own; all are held against one header.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from focusmesh.engine.focus import ONE
from focusmesh.errors import BlockError, InputError
from focusmesh.kernel.block.snapshot.manifest import Manifest, ManifestPages
from focusmesh.kernel.block.snapshot.snapshot_loader import Filling
from focusmesh.kernel.block.validation import check_same
from focusmesh.kernel.focus import ChainFocus, FocusEdits
from focusmesh.kernel.state import (
    ACCOUNT_PREFIX,
    Account,
    Parameters,
    Tree,
    read_supply,
    recomputed_root,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.kernel.block.header import Header
    from focusmesh.kernel.state import Reader, Store


class RebuiltState(NamedTuple):
    """What came of the leaves of one state; all of it is what the header says.

    ``supply`` is Σ over all accounts. ``off`` is the L1 distance between the committed focus and the one that was
    solved for here, at most ``bound``, which both residuals prove; ``rise`` is h. Zeros where there is no particle.
    """

    root: bytes
    particles: int
    axons: int
    supply: int
    rise: int
    off: float
    bound: float


class StateRebuild:
    """The pages of one snapshot, taken one by one into an empty store. Not for several threads at once.

    Takes on disk what the state takes; in memory the particles and axons, and with ``finish`` the leaves' paths.
    """

    def __init__(
        self, store: Store, header: Header, manifest: bytes, parameters: Parameters
    ) -> None:
        """``parameters`` are proved under the header's state root. Raises ProofError ("snapshot-manifest")."""
        self._store, self._header, self._parameters = store, header, parameters
        self._filling = Filling(ManifestPages(Manifest.decode(manifest), header), parameters)

    @property
    def progress(self) -> tuple[int, int]:
        """Pages taken, and pages there are; those of contents, which no root needs, left out."""
        taken, _ = self._filling.progress
        return taken, self._filling.pages.first_content

    def missing(self) -> Iterator[int]:
        """Numbers of pages in the order in which ``take`` wants them; contents are not asked for."""
        last = self._filling.pages.first_content
        while numbers := [number for number in self._filling.missing() if number < last]:
            yield from numbers

    def take(self, number: int, page: bytes) -> None:
        """Raises ProofError ("snapshot-page") for a page that is not what the manifest says."""
        with self._store.write() as writer:
            self._filling.take(writer, number, page)
        self._filling.took(number)

    def finish(self) -> RebuiltState:
        """Holds what came of all pages against the header; O(n log n + m), and a solve.

        Raises BlockError for the first thing that differs: "state-root", "supply", "focus-…".
        """
        if next(self.missing(), None) is not None:
            raise InputError("not all pages of the state are here")
        with self._store.read() as reader:
            root = recomputed_root(reader)
            check_same("state_root", self._header.state_root, root)
            supply = _supply(reader)
            if self._header.focus_certificate is None:
                return RebuiltState(root, 0, 0, supply, 0, 0.0, 0.0)
            return self._focus(reader, root, supply)

    def _focus(self, reader: Reader, root: bytes, supply: int) -> RebuiltState:
        header, certificate = self._header, self._header.focus_certificate
        assert certificate is not None
        edits = FocusEdits.of(*self._filling.graph(reader))
        operator, limit = self._parameters.operator, self._parameters.residual_limit
        vector, trace = self._filling.vector(reader), self._parameters.has_trace
        said = ChainFocus.of(operator, limit, edits, vector, trace=trace)
        check_same("focus_root", header.focus_root, said.focus_root)
        check_same("particles_root", certificate.particles_root, said.particles_root)
        rise, *roots = said.measure()
        check_same(
            "focus_certificate",
            (certificate.rise, certificate.limit, certificate.leaders_root, certificate.trace_root),
            (rise, limit, *roots),
        )
        own = ChainFocus.of(operator, limit, FocusEdits.of([], [], [], [])).advance(edits)
        # Differences of unsigned numbers, smaller than 2⁶³ either way.
        differences = (said.vector - own.vector).view(np.int64)
        off = float(np.abs(differences.astype(np.float64)).sum() / ONE)
        bound = 2 * (rise + own.rise) / ONE / operator.real.gap
        if off > bound:
            raise BlockError(
                "focus-residual",
                f"the committed focus differs by {off:.3g} from the one solved here, more than the bound {bound:.3g}",
            )
        return RebuiltState(root, len(said.vector), len(edits.source), supply, rise, off, bound)


def _supply(reader: Reader) -> int:
    """Raises BlockError ("supply") where the accounts add up to anything else than the state says."""
    accounts = (Account.decode(value) for _, value in Tree.open(reader).scan(ACCOUNT_PREFIX))
    found = sum(account.balance + account.stake for account in accounts)
    said = read_supply(Tree.open(reader).get)
    if found != said:
        raise BlockError("supply", f"accounts add up to {found} base units, the state says {said}")
    return found
