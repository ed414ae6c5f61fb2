"""Mutations of values: others of the same kind, never the value itself that they came from."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

from tests.fuzz.changing import changed, repeated

DOCUMENT: Any = {
    "number": 5,
    "float": 0.5,
    "flag": True,
    "none": None,
    "text": "a text",
    "hex": "00ff",
    "bytes": b"bytes",
    "list": [1, [2, 3], {"deep": "x"}],
}


def turned(data: bytes) -> bytes:
    return data[::-1] + b"!"


def mutations(value: Any, count: int) -> list[Any]:
    return [changed(value, Random(seed), turned) for seed in range(count)]


def test_the_original_stays_as_it_is() -> None:
    before = copy.deepcopy(DOCUMENT)
    assert len(mutations(DOCUMENT, 500)) == 500
    assert before == DOCUMENT


def test_every_part_is_reached() -> None:
    found = mutations(DOCUMENT, 2_000)
    for name, value in DOCUMENT.items():
        assert any(isinstance(each, dict) and each.get(name) != value for each in found), name
        assert any(isinstance(each, dict) and name not in each for each in found), name
    deep = [each["list"] for each in found if isinstance(each, dict) and "list" in each]
    assert any(type(one) is list and len(one) > 2 and one[1] != [2, 3] for one in deep)


def test_hexadecimal_stays_hexadecimal_most_of_the_time() -> None:
    found = [each for each in mutations("00ff", 500) if isinstance(each, str)]
    assert found.count("ff0021") > 100


def test_some_are_deep() -> None:
    found = [each.get("list") for each in mutations({"list": [1]}, 500) if type(each) is dict]
    assert any(len(repr(each)) > 1_000 for each in found)


def test_pieces_are_repeated() -> None:
    found = [repeated(b"abc", Random(seed), 1_000) for seed in range(100)]
    assert all(len(each) <= 1_000 and each.startswith((b"a", b"b", b"c")) for each in found)
    assert any(b"cccccccccc" in each for each in found)
    assert any(b"bcbcbcbc" in each for each in found)


def test_a_seed_says_which_mutation() -> None:
    assert mutations(DOCUMENT, 50) == mutations(DOCUMENT, 50)
