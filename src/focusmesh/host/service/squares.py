"""Squares of a ledger's blocks: their roots, shares with proofs, all shares of a namespace."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from focusmesh.errors import BlockError, ParameterError
from focusmesh.host.service.problems import NotThereError
from focusmesh.host.service.records.records import (
    NamespaceRow,
    NamespaceShares,
    SharedLine,
    SharedShare,
    SquareRoots,
)

if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    from focusmesh.host.storage import OpenedChain
    from focusmesh.kernel.availability import NamespaceProof, Square
    from focusmesh.kernel.block import Block

    Axis: TypeAlias = Literal["row", "column"]

_KEPT = 4
"""Squares that stay in memory: the largest has 40 MB with its leaves."""


class Squares:
    """Answers light nodes. Safe between threads; a square is made of the stored body, 50 ms for 2 MiB."""

    def __init__(self, opened: OpenedChain) -> None:
        self._opened = opened
        self._squares: OrderedDict[int, Square] = OrderedDict()
        self._lock = Lock()

    def roots(self, height: int) -> SquareRoots:
        """The roots of a block's square with its header and proof. Raises BlockError ("height", "no-square")."""
        block, square = self._block(height), self._square(height)
        return SquareRoots(
            height=height,
            id=block.header.id.hex(),
            header_bytes=block.header_bytes.hex(),
            proof=block.proof.hex(),
            width=square.width,
            rows=[root.hex() for root in square.roots.rows],
            columns=[root.hex() for root in square.roots.columns],
        )

    def share(self, height: int, row: int, column: int, axis: Axis = "row") -> SharedShare:
        """One share with its way to the root of its row or column. Raises BlockError, NotThereError."""
        square = self._square(height)
        size = len(square.shares)
        if not (0 <= row < size and 0 <= column < size):
            raise NotThereError(
                f"the square has shares 0 … {size - 1} a side, not ({row}, {column})"
            )
        proved = square.prove(row, column, axis)
        return SharedShare(
            height=height,
            row=row,
            column=column,
            axis=axis,
            share=proved.share.hex(),
            start=proved.proof.start,
            stop=proved.proof.stop,
            nodes=_hex(proved.proof),
        )

    def line(self, height: int, line: int, axis: Axis = "row") -> SharedLine:
        """All shares of a row or column. Raises BlockError, NotThereError where there is none."""
        shares = self._square(height).shares
        if not 0 <= line < len(shares):
            raise NotThereError(f"the square has {axis}s 0 … {len(shares) - 1}, not {line}")
        shown = shares[line] if axis == "row" else shares[:, line]
        return SharedLine(
            height=height, axis=axis, line=line, shares=[share.tobytes().hex() for share in shown]
        )

    def namespace(self, height: int, name: str) -> NamespaceShares:
        """All shares of a namespace, and the proof that they are all. Raises BlockError, ParameterError."""
        from focusmesh.kernel.availability import NAMESPACES, prove_namespace

        if name not in NAMESPACES:
            raise ParameterError(f"namespaces are {', '.join(NAMESPACES)}, not {name[:80]!r}")
        square, wanted = self._square(height), NAMESPACES[name]
        rows = []
        for row in range(square.width):
            proof = prove_namespace(square.tree("row", row), wanted)
            shown = () if proof.absent else square.shares[row, proof.start : proof.stop]
            rows.append(
                NamespaceRow(
                    row=row,
                    start=proof.start,
                    stop=proof.stop,
                    nodes=_hex(proof),
                    absent=proof.absent.hex(),
                    shares=[share.tobytes().hex() for share in shown],
                )
            )
        return NamespaceShares(height=height, name=name, namespace=wanted.hex(), rows=rows)

    def _block(self, height: int) -> Block:
        with self._opened.lock:
            return self._opened.reading().block(height)

    def _square(self, height: int) -> Square:
        from focusmesh.kernel.block import square_of

        with self._lock:
            if height in self._squares:
                self._squares.move_to_end(height)
                return self._squares[height]
        with self._opened.lock:
            chain = self._opened.reading()
            body = chain.block(height).body
            has_squares = chain.parameters.has_squares
        if not height or not has_squares:
            why = "it is the first one" if not height else "its network is of an older version"
            raise BlockError("no-square", f"block {height} has no square to sample: {why}")
        square = square_of(body)
        with self._lock:
            self._squares[height] = square
            while len(self._squares) > _KEPT:
                self._squares.popitem(last=False)
        return square


def _hex(proof: NamespaceProof) -> list[str]:
    return [node.hex() for node in proof.nodes]
