"""What the page says of squares and of shares is what Python says: what holds, and that no more does."""

from __future__ import annotations

import copy
import random
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest

from focusmesh.errors import BlockError, ProofError
from focusmesh.host.light.share_sources import header_of, roots_of, share_of
from focusmesh.host.service import SharedShare, SquareRoots
from focusmesh.kernel.availability import (
    FOCUS,
    NAMESPACE_BYTES,
    NAMESPACES,
    SIGNALS,
    Roots,
    miss_probability,
    repair,
)
from tests.interface.web.verifiers.squares import (
    HEIGHT,
    SIZES,
    Told,
    share_told,
    square,
    told,
    told_of,
)
from tests.interface.web.verifiers.verifier import of_squares

if TYPE_CHECKING:
    from collections.abc import Callable

FLIPS = 150


def case(width: int, row: int, column: int, axis: str = "row") -> Told:
    return {
        "square": told(width),
        "height": HEIGHT,
        "share": share_told(width, row, column, axis),
        "row": row,
        "column": column,
    }


def holds(asked: Told) -> bool:
    """What Python says."""
    try:
        square = msgspec.convert(asked["square"], SquareRoots)
        roots = roots_of(square, header_of(square).data_root)
        share = share_of(msgspec.convert(asked["share"], SharedShare))
        share.verify(roots)
    except (ProofError, BlockError):
        return False
    return (share.row, share.column) == (asked["row"], asked["column"])


def test_every_share_holds() -> None:
    asked = [
        ("share", case(width, row, column, axis))
        for width in SIZES
        for row in range(0, 2 * width, max(1, width // 4))
        for column in range(0, 2 * width, max(1, width // 2))
        for axis in ("row", "column")
    ]
    assert len(asked) > 150
    assert of_squares(*asked) == [None] * len(asked)


def _flipped(text: str, at: int) -> str:
    return text[:at] + f"{int(text[at], 16) ^ 1:x}" + text[at + 1 :]


def _flip(asked: Told, chance: random.Random) -> None:
    """One bit of what a server said."""
    fields: list[tuple[Any, Any]] = [
        (asked["square"], "header_bytes"),
        (asked["square"], "proof"),
        (asked["square"], "id"),
        (asked["share"], "share"),
        *((asked["square"][line], chance.randrange(4)) for line in ("rows", "columns")),
        (asked["share"]["nodes"], chance.randrange(len(asked["share"]["nodes"]))),
    ]
    inside, name = chance.choice(fields)
    inside[name] = _flipped(inside[name], chance.randrange(len(inside[name])))


def test_no_flipped_bit_gets_through() -> None:
    chance, cases = random.Random(12), list[Told]()
    for _ in range(FLIPS):
        width = chance.choice([2, 4])
        place = chance.randrange(2 * width), chance.randrange(2 * width)
        asked = copy.deepcopy(case(width, *place, chance.choice(["row", "column"])))
        _flip(asked, chance)
        cases.append(asked)
    found = of_squares(*(("share", asked) for asked in cases))
    assert not any(holds(asked) for asked in cases)
    assert None not in found
    assert {"header", "signature", "roots", "namespace"} <= set(found)


LIES: dict[str, Callable[[Told], object]] = {
    "another place": lambda asked: asked.update(row=1),
    "another place, as the server says": lambda asked: asked["share"].update(row=1),
    "another axis": lambda asked: asked["share"].update(axis="column"),
    "no axis": lambda asked: asked["share"].update(axis="slope"),
    "beyond the square": lambda asked: [each.update(row=9) for each in (asked, asked["share"])],
    "another leaf": lambda asked: asked["share"].update(start=1, stop=2),
    "more leaves": lambda asked: asked["share"].update(stop=2),
    "too few nodes": lambda asked: asked["share"]["nodes"].pop(),
    "too many nodes": lambda asked: asked["share"]["nodes"].append("00" * 90),
    "a short node": lambda asked: asked["share"]["nodes"].__setitem__(0, "00" * 89),
    "a long share": lambda asked: asked["share"].update(share=asked["share"]["share"] + "00"),
    "no bytes": lambda asked: asked["share"].update(share="zz"),
    "swapped rows": lambda asked: asked["square"]["rows"].reverse(),
    "rows for columns": lambda asked: asked["square"].update(columns=asked["square"]["rows"]),
    "a row less": lambda asked: asked["square"]["rows"].pop(),
    "no rows": lambda asked: asked["square"].update(rows=[], columns=[]),
    "three rows": lambda asked: asked["square"].update(
        rows=asked["square"]["rows"][:3], columns=asked["square"]["columns"][:3]
    ),
    "another block": lambda asked: asked["square"].update(height=8),
}


def test_lies_are_refused_by_both() -> None:
    asked = {lie: copy.deepcopy(case(4, 0, 2)) for lie in ["none", *LIES]}
    for lie, change in LIES.items():
        change(asked[lie])
    found = of_squares(*(("share", each) for each in asked.values()))
    assert [lie for lie, code in zip(asked, found, strict=True) if code is None] == ["none"]
    assert [lie for lie, each in asked.items() if holds(each)] == ["none"]


def line_told(width: int, line: int, axis: str) -> Told:
    shares = square(width).shares
    shown = shares[line] if axis == "row" else shares[:, line]
    return {"axis": axis, "line": line, "shares": [share.tobytes().hex() for share in shown]}


def test_whole_lines_hold_and_no_changed_one_does() -> None:
    cases, expected = list[tuple[str, Told]](), list[str | None]()

    def add(width: int, axis: str, at: int, code: str | None, change: Told | None = None) -> None:
        shown = line_told(width, at, axis) | (change or {})
        asked = {"square": told(width), "height": HEIGHT, "told": shown, "axis": axis, "line": at}
        cases.append(("line", asked))
        expected.append(code)

    chance = random.Random(5)
    for width in SIZES:
        for axis, other in (("row", "column"), ("column", "row")):
            for line in range(2 * width):
                add(width, axis, line, None)
            line, at = chance.randrange(2 * width), chance.randrange(2 * width)
            shares = line_told(width, line, axis)["shares"]
            wrong = [*shares[:at], _flipped(shares[at], chance.randrange(1024)), *shares[at + 1 :]]
            lies: list[Told] = [
                {"line": line + 1},
                {"axis": other},
                {"shares": shares[1:]},
                {"shares": [*shares[1:], "00"]},
                {"shares": None},
            ]
            for lie in lies:
                add(width, axis, line, "roots", lie)
            add(width, axis, line, "refused", {"shares": wrong})
            if len(set(shares)) > 1:
                add(width, axis, line, "refused", {"shares": shares[::-1]})
    found = of_squares(*cases)
    # A changed namespace may descend before it makes another root.
    refusals = [
        code if wanted != "refused" or code not in {"roots", "namespace"} else "refused"
        for code, wanted in zip(found, expected, strict=True)
    ]
    assert refusals == expected


def test_a_diagonal_share_needs_an_axis_too() -> None:
    asked = case(4, 2, 2, "column")
    asked["share"]["axis"] = "slope"
    (found,) = of_squares(("share", asked))
    assert found is not None
    assert not holds(asked)


def test_rows_whose_namespaces_descend_are_refused_by_both() -> None:
    """Whoever signs such a root could keep shares of a namespace out of a proof that all of them are shown."""
    own = square(2).shares[0].copy()
    own[0, :NAMESPACE_BYTES] = np.frombuffer(FOCUS, dtype=np.uint8)
    own[1, :NAMESPACE_BYTES] = np.frombuffer(SIGNALS, dtype=np.uint8)
    added = b"\xff" * NAMESPACE_BYTES
    first, second, third, last = (
        name + name + sha256(b"\0" + name + share.tobytes()).digest()
        for name, share in zip((FOCUS, SIGNALS, added, added), own, strict=True)
    )
    left = FOCUS + SIGNALS + sha256(b"\1" + first + second).digest()
    widened = SIGNALS + FOCUS + sha256(b"\1" + first + second).digest()
    right = added + added + sha256(b"\1" + third + last).digest()
    roots = square(2).roots
    for below in (left, widened):
        root = below[:58] + sha256(b"\1" + below + right).digest()
        asked = case(2, 0, 0)
        asked["square"] = told_of(Roots((root, *roots.rows[1:]), roots.columns))
        asked["share"] |= {"share": own[0].tobytes().hex(), "nodes": [second.hex(), right.hex()]}
        (found,) = of_squares(("share", asked))
        assert found == "namespace"
        assert not holds(asked)


def test_what_is_told_of_namespaces_is_so() -> None:
    """Roots and proofs tell most; all shares of the own quarter tell all."""
    asked = [(width, _some_shares(width, count)) for width in SIZES for count in (0, 1, 12, 1_024)]
    found = of_squares(
        *(
            ("names", {"square": told(width), "height": HEIGHT, "shares": shares})
            for width, shares in asked
        )
    )
    names = {space: name for name, space in NAMESPACES.items()}
    for (width, shares), known in zip(asked, found, strict=True):
        spaces = [
            share[:NAMESPACE_BYTES].tobytes()
            for share in square(width).shares[:width, :width].reshape(-1, 512)
        ]
        assert all(name in {None, names[space]} for name, space in zip(known, spaces, strict=True))
        mixed = sum(len(set(spaces[at : at + width])) > 1 for at in range(0, len(spaces), width))
        assert known.count(None) <= mixed * width
        assert None not in known or len(shares) < 4 * width * width


def _some_shares(width: int, count: int) -> list[Told]:
    chance, size = random.Random(count), 2 * width
    places = chance.sample(range(size * size), min(count, size * size))
    return [
        share_told(width, *divmod(place, size), ("row", "column")[at % 2])
        for at, place in enumerate(places)
    ]


def test_what_can_be_filled_is_what_a_repair_fills() -> None:
    chance = np.random.default_rng(3)
    cases = [
        (width, chance.random((2 * width, 2 * width)) < there)
        for width in (1, 2, 4)
        for there in (0.3, 0.5, 0.6, 0.75, 0.9)
    ]
    hidden = np.ones((8, 8), dtype=bool)
    hidden[:5, :5] = False
    cases.append((4, hidden))
    found = of_squares(
        *(("filled", {"there": there.ravel().tolist(), "width": width}) for width, there in cases)
    )
    for (width, there), own in zip(cases, found, strict=True):
        repaired = repair(square(width).shares, there, square(width).roots)
        assert own == repaired.known.ravel().tolist()
    assert found[-1].count(False) == 25  # (k + 1)² of them cannot be repaired


def test_chance_tells_as_much() -> None:
    cases = [
        (width, count) for width in (1, 2, 16, 128) for count in (1, 2, 4, 16, 30, 500, 70_000)
    ]
    found = of_squares(*(("missed", {"width": width, "count": count}) for width, count in cases))
    for missed, (width, count) in zip(found, cases, strict=True):
        assert missed == pytest.approx(miss_probability(width, count), rel=1e-9, abs=1e-300)
