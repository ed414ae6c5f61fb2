"""Tables, digits and names, as text."""

from __future__ import annotations

import pytest

from focusmesh.interface.cli.shared.table import (
    Column,
    count_of,
    decimals,
    share_bar,
    size_text,
    table_lines,
    visible,
)


def test_columns_line_up_by_what_is_shown() -> None:
    columns = [
        Column("n", right=True),
        Column("bar", terminal_only=True),
        Column("name"),
        Column(""),
    ]
    lines = table_lines(columns, [["1", "###", "日本", ""], ["10", "#", "ab", "x"]])
    assert lines == [" n  name", " 1  日本", "10  ab    x"]


@pytest.mark.parametrize(
    ("values", "digits"),
    [
        ([], 4),
        ([0.0], 4),
        ([0.5], 4),
        ([0.31, 0.05], 5),
        ([0.0012], 6),
        ([1e-9, 0.2], 12),
        ([1e-30], 12),
    ],
)
def test_enough_digits_for_the_smallest(values: list[float], digits: int) -> None:
    assert decimals(values) == digits


def test_bars_are_parts_of_the_largest() -> None:
    assert share_bar(1.0, 1.0, 4) == "████"
    assert share_bar(0.5, 1.0, 4) == "██"
    assert share_bar(1 / 32, 1.0, 4) == "▏"
    assert share_bar(0.0, 1.0, 4) == ""
    assert share_bar(0.0, 0.0, 4) == ""


@pytest.mark.parametrize(
    ("name", "shown"),
    [("naïve 日本", "naïve 日本"), ("a\nb\t\x1b[1m", r"a\nb\t\x1b[1m"), ("\udc80", r"\udc80")],
)
def test_control_characters_are_spelt_out(name: str, shown: str) -> None:
    assert visible(name) == shown


@pytest.mark.parametrize(
    ("byte_count", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (2_944, "2.9 kB"),
        (5e6, "5.0 MB"),
        (7.25e12, "7,250.0 GB"),
    ],
)
def test_sizes_have_units(byte_count: float, text: str) -> None:
    assert size_text(int(byte_count)) == text


def test_one_thing_is_singular() -> None:
    assert [count_of(n, "link") for n in (0, 1, 2_000)] == ["0 links", "1 link", "2,000 links"]
