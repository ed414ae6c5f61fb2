"""Shares and whole lines as they come in: what is not the block's changes nothing, what is wrong with it is proved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest

from focusmesh.errors import ProofError
from focusmesh.kernel.availability import BadEncoding, Gathering, Roots, Square
from tests.kernel.availability.test_repair import EVIL, Evil, K, committed, right

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import ByteArray

AXES: tuple[Literal["row", "column"], ...] = ("row", "column")


def line(shares: ByteArray, axis: str, index: int) -> list[bytes]:
    return [share.tobytes() for share in (shares[index] if axis == "row" else shares[:, index])]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("chosen", [range(K), range(K, 2 * K), (0, 2, 5, 7)])
def test_any_k_lines_give_back_the_square(
    axis: Literal["row", "column"], chosen: tuple[int, ...]
) -> None:
    gathering = Gathering(right().roots)
    for index in chosen:
        assert not gathering.is_enough
        assert gathering.repair() is None
        gathering.add_line(axis, index, line(right().shares, axis, index))
    assert gathering.is_enough
    assert len(gathering) == 2 * K * K
    found = gathering.repair()
    assert isinstance(found, Square)
    assert np.array_equal(found.shares, right().shares)


def test_a_line_that_is_not_the_blocks_changes_nothing() -> None:
    gathering, shares = Gathering(right().roots), line(right().shares, "row", 1)
    for wrong in (
        ("row", 2, shares),
        ("column", 1, shares),
        ("diagonal", 1, shares),
        ("row", 2 * K, shares),
        ("row", -1, shares),
        ("row", 1, shares[:-1]),
        ("row", 1, [*shares[:-1], shares[-1][:-1]]),
        ("row", 1, [*shares[:-1], bytes(512)]),
        ("row", 1, shares[::-1]),
    ):
        with pytest.raises(ProofError):
            gathering.add_line(*wrong)
        assert len(gathering) == 0
    gathering.add_line("row", 1, shares)
    assert next(gathering.missing()) == (0, 0)
    assert not gathering.add(right().prove(1, 3, "column"))
    assert gathering.incomplete_rows() == [0, *range(2, 2 * K)]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("what", sorted(set(EVIL) - {"a namespace out of order"}))
def test_lines_alone_prove_a_bad_encoding(axis: Literal["row", "column"], what: str) -> None:
    """Lines across the bad one prove its shares, or it proves itself."""
    shares = EVIL[what]
    roots = committed(shares)
    gathering = Gathering(roots)
    for index in range(2 * K):
        gathering.add_line(axis, index, line(shares, axis, index))
    found = gathering.repair()
    assert isinstance(found, BadEncoding)
    BadEncoding.decode(found.encode()).verify(roots)


def test_shares_and_lines_together_prove_a_bad_encoding() -> None:
    shares = EVIL["a share added to both"]
    roots, evil = committed(shares), Evil(shares)
    gathering = Gathering(roots)
    for row in range(K):
        gathering.add_line("row", row, line(shares, "row", row))
    assert gathering.add(evil.prove(K + 1, K + 3, "column"))
    found = gathering.repair()
    assert isinstance(found, BadEncoding)
    assert (found.axis, found.index) == ("column", K + 3)
    found.verify(roots)


@pytest.mark.parametrize("shares_first", [True, False])
@pytest.mark.parametrize("axis", AXES)
def test_what_the_two_trees_say_differently_is_proved_in_whatever_order_it_comes(
    axis: Literal["row", "column"], shares_first: bool
) -> None:
    """Rows of one square and columns of another: each is coded rightly, and no share of both is right."""
    own = right().shares[:K, :K].copy()
    own[1, 2, -1] ^= 1
    other = Square.of(own)
    roots = Roots(right().roots.rows, other.roots.columns)
    squares = {"row": right(), "column": other}
    across: Literal["row", "column"] = "column" if axis == "row" else "row"

    gathering = Gathering(roots)
    if shares_first:
        assert gathering.add(squares[across].prove(1, 2, across))
    else:
        index = 2 if across == "column" else 1
        gathering.add_line(across, index, line(squares[across].shares, across, index))
    for index in range(K):
        gathering.add_line(axis, index, line(squares[axis].shares, axis, index))
    found = gathering.repair()
    assert isinstance(found, BadEncoding)
    BadEncoding.decode(found.encode()).verify(roots)
