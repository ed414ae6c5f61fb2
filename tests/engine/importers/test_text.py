"""The plain and the compiled readers of text are one function: same links, same bad lines, wherever blocks are cut."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.importers.formats import delimited, edge_list
from focusmesh.engine.importers.import_run import Reading
from focusmesh.engine.importers.text_rows import rows, text
from focusmesh.engine.links import RowLayout

if TYPE_CHECKING:
    from focusmesh.engine.importers.text_rows.text_large import LargeTextFormat
    from focusmesh.engine.links.columns import LinkColumns

FRAGMENTS = [
    b"a", b"bc", b"1", b"2", b"-3", b"007", b"-0", b"9223372036854775807", b"9223372036854775808",
    b"-9223372036854775808", "\u00e9\u00f1".encode(), "\U0001f600".encode(), b"\xff", b"\xc3", b"\0", b" ", b"  ",
    b"\t", b"\r", b"\r\n", b"\n", b"\n\n", b"\x0b", b"\x0c", b"\x1c", b",", b",,", b'"', b'""', b'"a,b"', b'"x\ny"',
    b'"q""r"', b"#", b"# c", b"%", b"0.5", b"1e-3", b"nan", b"inf", b"-1", b"-0.0", b"0.1234567890123456789012",
    b"{'weight': 2.5}", b"{}", b"{", b"123456789012345678901234567890",
    b"1e999", b"1_0", b".", b"5.", b".5", b"+1", b"x" * 40,
    b" ,", b", ", b' "a"', b'"a" ', b'"a"\t,', b"0,5", b"0;5", b"directed", b"UNDIRECTED", b";",
    b"a b\n", b"a,b\n", b"1 2 0.30000000000000004\n", b"1,2\n", b"c d 2\n", b'"c",d\n',
]  # fmt: skip
nasty = st.lists(st.sampled_from(FRAGMENTS), max_size=40).map(b"".join) | st.binary(max_size=60)

WORDS = edge_list.WORDS
COMMAS = delimited.Delimited(RowLayout(), b",")
WEIGHTED = delimited.Delimited(RowLayout(weight=2, fewest=3, most=3), b",")
ALL_ROLES = delimited.Delimited(
    RowLayout(1, 0, weight=3, relation=2, author=5, time=4, fewest=6, most=6), b","
)
TABS = delimited.Delimited(RowLayout(), b"\t")
DECIMAL_COMMAS = delimited.Delimited(
    RowLayout(weight=2, fewest=3, most=3, decimal_comma=True), b";"
)
DIRECTED = delimited.Delimited(RowLayout(direction=2, fewest=3, most=3), b",")
IN_BRACES = delimited.Delimited(RowLayout(weight=2, fewest=2, most=3), b",", edge_data=True)
FORMATS = {
    "words": WORDS,
    "commas": COMMAS,
    "weighted": WEIGHTED,
    "all-roles": ALL_ROLES,
    "tabs": TABS,
    "decimal-commas": DECIMAL_COMMAS,
    "directed": DIRECTED,
    "in-braces": IN_BRACES,
}


def read(
    text_format: LargeTextFormat, data: bytes, cuts: list[int], compiled: bool, most: int
) -> tuple[LinkColumns, Reading]:
    """What a reader makes of ``data`` cut into blocks, with records of at most ``most`` bytes."""
    reading = Reading("file")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "COMPILED_FROM_LINKS", 0 if compiled else 1 << 40)
        patch.setattr(text, "_PIECE_BYTES", 7)
        for module in (text, rows, edge_list, delimited):
            patch.setattr(module, "MOST_RECORD_BYTES", most)
        blocks = text.BlockReader(text_format, reading)
        rest = blocks.take(b"", final=False)
        places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
        for begin, end in pairwise(places):
            rest = blocks.take(rest + data[begin:end], final=False)
        blocks.take(rest, final=True)
    return blocks.assembly.columns(), reading


def listed(columns: LinkColumns) -> dict[str, object]:
    """Columns as plain values, bits of the weights included."""
    arrays = ("source", "target", "weight", "relation", "author", "time")
    shown: dict[str, object] = {}
    for name in arrays:
        column = getattr(columns, name)
        shown[name] = None if column is None else (column.dtype, column.tobytes())
    for name in ("particles", "relations", "authors"):
        names = getattr(columns, name)
        shown[name] = None if names is None else [(type(known), known) for known in names]
    return shown


@pytest.mark.parametrize("text_format", FORMATS.values(), ids=FORMATS)
@given(
    data=nasty,
    cuts=st.lists(st.integers(0, 500), max_size=4),
    most=st.sampled_from([8, 30, 1 << 20]),
)
def test_plain_and_compiled_agree(
    text_format: LargeTextFormat, data: bytes, cuts: list[int], most: int
) -> None:
    whole, told = read(text_format, data, [], compiled=False, most=most)
    for compiled, places in ((False, cuts), (True, []), (True, cuts)):
        columns, again = read(text_format, data, places, compiled, most)
        assert listed(columns) == listed(whole)
        assert again.bad == told.bad
        assert again.line_count == told.line_count
        assert again.trimmed_count == told.trimmed_count


@given(
    data=st.lists(
        st.sampled_from([b"a", b"1", b" ", b"\n", b"\r\n", b"7 8", b"\xff"]), max_size=30
    ).map(b"".join)
)
def test_every_line_is_a_link_a_comment_or_bad(data: bytes) -> None:
    columns, reading = read(WORDS, data, [], compiled=False, most=1 << 20)
    lines = data.split(b"\n")
    lines = lines[:-1] if not lines[-1] else lines
    assert reading.line_count == len(lines)
    carrying = sum(1 for line in lines if line.split())
    assert len(columns) + reading.bad_count == carrying


def test_weights_are_correctly_rounded() -> None:
    numbers = np.random.default_rng(5).random(2000) * 10.0 ** np.random.default_rng(6).integers(
        -20, 20, 2000
    )
    spelled = [repr(number) for number in numbers.tolist()] + [
        "0.1",
        "9007199254740993",
        "2.5e-324",
        "1e22",
        "1e23",
    ]
    data = "".join(f"a b {number}\n" for number in spelled).encode()
    for compiled in (False, True):
        columns, reading = read(WORDS, data, [], compiled, 1 << 20)
        assert reading.bad_count == 0
        assert columns.weight is not None
        assert columns.weight.tolist() == [float(number) for number in spelled]


@pytest.mark.parametrize("text_format", [WORDS, COMMAS], ids=["words", "commas"])
def test_a_file_that_is_clearly_large_is_compiled_at_once(text_format: LargeTextFormat) -> None:
    head = b"1,2 3\n" * 1_000
    for size, compiled in ((len(head), False), (len(head) * 1_000, True)):
        blocks = text.BlockReader(text_format, Reading("file"))
        blocks.expect(head, size)
        assert (blocks.size == text.LARGE_BLOCK_BYTES) is compiled
