"""The proof that a block's square was coded badly: k shares of a row or column that make another root than it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from focusmesh.errors import CodecError, InputError, ProofError
from focusmesh.kernel.availability.erasure import recover
from focusmesh.kernel.availability.namespace_proof import prove_leaves
from focusmesh.kernel.availability.square import AXES, SHARE_BYTES, ProvedShare, Roots, Square
from focusmesh.kernel.availability.square_repair import line_leaves, line_roots
from focusmesh.protocol.codec import from_bytes, to_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.kernel.availability.square import Axis
    from focusmesh.kernel.availability.square_repair import Repaired

_PROOF_BYTES_MAX = 1 << 20


class BadEncoding(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """k shares of line ``index`` along ``axis``, each proved by its row or its column.

    Whoever trusts a header checks it with the roots under its data root alone, and then knows that the block has no
    body: a row and a column can both be right only about shares that lie on one polynomial each.
    """

    axis: str
    index: int
    shares: tuple[ProvedShare, ...]

    @classmethod
    def of(cls, repaired: Repaired, given: Mapping[tuple[int, int], ProvedShare]) -> BadEncoding:
        """Of what a repair came upon, ``given`` being the shares it began with, by row and column.

        Raises InputError where it came upon nothing, or was given shares of which there is no proof.
        """
        if repaired.bad is None:
            raise InputError("the repair found no line that is coded badly")
        axis, index, shown = repaired.bad
        shares: list[ProvedShare] = []
        for at in shown:
            row, column = (index, at) if axis == "row" else (at, index)
            shares.append(given.get((row, column)) or _across(repaired, row, column, axis))
        return cls(axis, index, tuple(shares))

    def verify(self, roots: Roots) -> None:
        """Raises ProofError ("bad-encoding") where it proves nothing against the roots. O(k · (log k + k)) at most."""
        k = roots.width
        _require(self.axis in AXES, f"{self.axis!r} is neither row nor column")
        _require(0 <= self.index < 2 * k, f"the square has no {self.axis} {self.index}")
        _require(
            len(self.shares) == k, f"{k} shares determine a {self.axis}, not {len(self.shares)}"
        )
        by_row = self.axis == "row"
        line = np.zeros((1, 2 * k, SHARE_BYTES), dtype=np.uint8)
        known = np.zeros((1, 2 * k), dtype=bool)
        for share in self.shares:
            share.verify(roots)
            index, at = (share.row, share.column) if by_row else (share.column, share.row)
            _require(index == self.index, f"a share is of another {self.axis}")
            line[0, at] = np.frombuffer(share.share, dtype=np.uint8)
            known[0, at] = True
        _require(bool(known.sum() == k), "a share is there twice")
        committed = (roots.rows if by_row else roots.columns)[self.index]
        leaves = line_leaves(recover(line, known), np.array([self.index]), np.arange(2 * k), k)
        _require(
            line_roots(leaves)[0] != committed, f"{self.axis} {self.index} is coded as it should be"
        )

    def encode(self) -> bytes:
        """Canonical bytes: a dag-cbor array."""
        return to_bytes(self)

    @classmethod
    def decode(cls, data: bytes) -> BadEncoding:
        """Raises ProofError ("bad-encoding") for anything but canonical bytes of one."""
        try:
            return from_bytes(data, cls, _PROOF_BYTES_MAX)
        except CodecError as error:
            raise ProofError(
                "bad-encoding", f"{len(data)} bytes are not a proof of bad encoding: {error}"
            ) from error


def _across(repaired: Repaired, row: int, column: int, axis: Axis) -> ProvedShare:
    """A share that came of the line across ``axis``, which was found right."""
    across: Axis = "column" if axis == "row" else "row"
    index, at = (row, column) if across == "row" else (column, row)
    if not repaired.whole[AXES.index(across), index]:
        raise InputError(f"share ({row}, {column}) was given to the repair without a proof")
    tree = Square(repaired.shares).tree(across, index)
    share = repaired.shares[row, column].tobytes()
    return ProvedShare(row, column, across, share, prove_leaves(tree, at, at + 1))


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise ProofError("bad-encoding", f"the proof shows no bad encoding of this block: {what}")
