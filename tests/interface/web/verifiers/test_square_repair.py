"""What the page rebuilds in a browser, and what it proves against a producer, is what Python does, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import pytest

from focusmesh.errors import BlockError
from focusmesh.kernel.availability import (
    FOCUS,
    NAMESPACE_BYTES,
    SIGNALS,
    BadEncoding,
    ProvedShare,
    Roots,
    Square,
    parts_of,
    repair,
    shares_of,
)
from focusmesh.kernel.block import body_of_parts
from tests.interface.web.verifiers.squares import HEIGHT, SIZES, Told, square, told_of
from tests.interface.web.verifiers.verifier import of_squares
from tests.world.naive_square import line_roots

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import BoolArray, ByteArray

LOSSES = (0.0, 0.2, 0.35, 0.5, 0.8)


class Case(NamedTuple):
    """Shares of a square that came, each with a proof by its row or its column or within a whole line."""

    square: Square
    roots: Roots
    given: dict[tuple[int, int], ProvedShare]
    lines: list[tuple[str, int]]

    @property
    def known(self) -> BoolArray:
        known = np.zeros(self.square.shares.shape[:2], dtype=bool)
        for place in self.given:
            known[place] = True
        return known

    def shares(self) -> ByteArray:
        """What was given, zeros elsewhere."""
        shares = np.zeros_like(self.square.shares)
        for place, one in self.given.items():
            shares[place] = np.frombuffer(one.share, dtype=np.uint8)
        return shares

    def asked(self) -> Told:
        """What the page is asked: shares of lines are told by their lines alone."""
        told: list[Told] = []
        for share in self.given.values():
            line = share.row if share.axis == "row" else share.column
            if (share.axis, line) not in self.lines:
                fields = msgspec.to_builtins(share, builtin_types=(bytes,))
                row, column, axis, data, (start, stop, nodes, _) = fields
                hexed = {"share": data.hex(), "nodes": [node.hex() for node in nodes]}
                where = {"row": row, "column": column, "axis": axis, "start": start, "stop": stop}
                told.append(where | hexed)
        lines = [
            {"axis": axis, "line": line, "shares": [one.hex() for one in self.along(axis, line)]}
            for axis, line in self.lines
        ]
        square = told_of(self.roots)
        return {"square": square, "height": HEIGHT, "shares": told, "lines": lines}

    def along(self, axis: str, line: int) -> list[bytes]:
        shares = self.square.shares
        return [each.tobytes() for each in (shares[line] if axis == "row" else shares[:, line])]


def case(shares: ByteArray, roots: Roots, lost: float, seed: int, lines: int = 0) -> Case:
    """Of a square of any shares under any roots, a random part and some whole lines."""
    chance, size = np.random.default_rng(seed), len(shares)
    evil = Square(shares)
    given: dict[tuple[int, int], ProvedShare] = {}
    for row, column in np.argwhere(chance.random((size, size)) >= lost).tolist():
        given[row, column] = evil.prove(row, column, "row" if chance.random() < 0.5 else "column")
    whole: list[tuple[str, int]] = []
    for line in chance.permutation(size)[:lines].tolist():
        whole.append(("row", line))
        for at in range(size):
            given[line, at] = evil.prove(line, at, "row")
    return Case(evil, roots, given, whole)


def committed(shares: ByteArray) -> Roots:
    rows = [[share.tobytes() for share in row] for row in shares]
    columns = [list(column) for column in zip(*rows, strict=True)]
    return Roots(tuple(line_roots(rows)), tuple(line_roots(columns)))


def expected(given: Case) -> Told:
    """What Python makes of it."""
    found = repair(given.shares(), given.known, given.roots)
    told: dict[str, Any] = {"bad": None, "proof": None, "shares": None, "body": None}
    if found.bad is not None:
        proof = BadEncoding.of(found, given.given)
        proof.verify(given.roots)
        return told | {"bad": [found.bad.axis, found.bad.line], "proof": proof.encode().hex()}
    told |= {"known": found.known.ravel().tolist(), "whole": found.whole.tolist()}
    if found.square is None:
        return told
    k = given.roots.width
    own = found.square.shares[:k, :k]
    return told | {"shares": found.square.shares.tobytes().hex(), "body": body_in(own)}


def body_in(own: ByteArray) -> str:
    """The body, or the code of the refusal."""
    try:
        return body_of_parts(parts_of(own)).hex()
    except BlockError as error:
        return error.code


def compare(cases: list[Case]) -> list[Told]:
    found = of_squares(*(("repair", each.asked()) for each in cases))
    told = []
    for each, own in zip(cases, found, strict=True):
        wanted = expected(each)
        assert {name: own[name] for name in wanted} == wanted
        told.append(wanted)
    return told


def test_what_is_left_gives_back_the_same() -> None:
    cases = [
        case(square(width).shares, square(width).roots, lost, seed, lines)
        for width in SIZES
        for seed, lost in enumerate(LOSSES)
        for lines in (0, width // 2)
    ]
    outcomes = {told["shares"] is not None for told in compare(cases)}
    assert outcomes == {True, False}


def test_fewer_than_can_be_withheld_come_back_and_no_more() -> None:
    k = 4
    whole = case(square(k).shares, square(k).roots, 0.0, 3)
    hidden = {at: one for at, one in whole.given.items() if max(at) > k}
    one_more = hidden | {(k, k): whole.given[k, k]}
    gone, back = compare([whole._replace(given=hidden), whole._replace(given=one_more)])
    assert gone["shares"] is None
    assert back["shares"] == square(k).shares.tobytes().hex()


def test_what_is_coded_badly_is_proved_alike() -> None:
    cases = []
    for width in (1, 2, 4, 8):
        right = square(width).shares
        places = [(0, width), (width, 0), (2 * width - 1, 2 * width - 1)]
        for seed, place in enumerate(places):
            shares = right.copy()
            shares[(*place, 77)] ^= 1 + seed
            for lost, lines in ((0.0, 0), (0.2, 1), (0.3, width // 2)):
                cases.append(case(shares, committed(shares), lost, seed, lines))
    found = compare(cases)
    proved = [told for told in found if told["proof"] is not None]
    assert len(proved) > len(found) // 2
    assert {told["bad"][0] for told in proved} == {"row", "column"}


def test_a_share_that_one_tree_alone_commits_to_is_proved_alike() -> None:
    """Rows are right, a column stands for another share of one of them: it is shown with k − 1 others."""
    k = 4
    shares = square(k).shares.copy()
    shares[2, k + 1, 100] ^= 1
    evil = committed(shares)
    roots = Roots(square(k).roots.rows, evil.columns)
    places = [(row, column) for row in range(2 * k) for column in range(2 * k)]
    given = {place: square(k).prove(*place, "row") for place in places}
    given[2, k + 1] = Square(shares).prove(2, k + 1, "column")
    lines = [("row", row) for row in range(2 * k)]
    for found in compare([Case(square(k), roots, given, []), Case(square(k), roots, given, lines)]):
        assert found["bad"] == ["row", 2]


def test_rows_whose_namespaces_descend_are_no_rows() -> None:
    """Whatever root the header names for them: k shares by their columns prove that to anybody."""
    own = shares_of({SIGNALS: bytes(900), FOCUS: bytes(900)})
    assert own.shape[0] == 2
    own = own[:, ::-1].copy()
    own[0, :, :NAMESPACE_BYTES] = own[1, :, :NAMESPACE_BYTES]
    own[:, 0, :NAMESPACE_BYTES] = np.frombuffer(FOCUS, dtype=np.uint8)
    own[:, 1, :NAMESPACE_BYTES] = np.frombuffer(SIGNALS, dtype=np.uint8)
    whole = Square.of(own)
    columns = tuple(whole.tree("column", at).root for at in range(4))
    roots = Roots(
        (*square(2).roots.rows[:2], *(whole.tree("row", at).root for at in (2, 3))), columns
    )
    given = {
        (row, column): whole.prove(row, column, "column") for row in range(4) for column in range(4)
    }
    (found,) = compare([Case(whole, roots, given, [])])
    assert found["bad"] == ["row", 0]


def _bodies() -> dict[str, ByteArray]:
    """Quarters, some of which are no body's."""
    right = shares_of({SIGNALS: bytes(range(200)) * 7, FOCUS: bytes(300)})
    flat = right.reshape(-1, 512)
    short = shares_of({SIGNALS: b"one", FOCUS: b"two"}).reshape(-1, 512)
    padding = short[-1:]
    assert len(flat) == len(short) == 4
    empty = short.copy()
    empty[1, 30:] = 0
    found = {
        "both": right,
        "signals": shares_of({SIGNALS: b"one"}),
        "nothing": shares_of({}),
        "differences alone": shares_of({FOCUS: b"one"}),
        "another namespace": shares_of({SIGNALS: b"one", bytes(28) + b"\7": b"two"}),
        "too wide": np.concatenate([short, np.tile(padding, (12, 1))]),
        "an empty part": empty,
        "signals behind": short[[1, 0, 2, 3]],
        "signals twice": short[[0, 1, 0, 2]],
    }
    for what, place, value in (
        ("a longer part", 33, 9),
        ("a shorter part", 33, 1),
        ("no part", 33, 0),
        ("no beginning", 29, 0),
        ("a wrong beginning", 512 + 29, 1),
        ("content after the end", len(flat) * 512 - 1, 1),
    ):
        changed = flat.copy()
        changed.reshape(-1)[place] = value
        found[what] = changed
    return found


@pytest.mark.parametrize("what", _bodies())
def test_a_body_comes_out_alike_or_is_refused_by_both(what: str) -> None:
    own = _bodies()[what]
    k = int(np.sqrt(own.size // 512))
    (found,) = of_squares(("body", {"own": own.tobytes().hex()}))
    assert found == body_in(own.reshape(k, k, 512))
