"""Names in texts: which are found, where they stand, and which must not be."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.engine.documents import Gazetteer, variants
from focusmesh.engine.documents.gazetteer import TARGETS_MAX
from focusmesh.engine.documents.name_forms import WORDS_MAX, spelling_of

NAMES = [
    "Paris",
    "Paris Hilton",
    "The Who",
    "On the Road",
    "Person-centered therapy",
    "Tampa, Florida",
    "J. R. R. Tolkien",
    "WHO",
]


def found(text: str, names: list[str] | None = None, *, loose: bool = False) -> list[str]:
    """The words that are found in a text."""
    gazetteer = Gazetteer((name, at) for at, name in enumerate(NAMES if names is None else names))
    return [text[m.start : m.end] for m in gazetteer.find(text, loose=loose)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We met Paris Hilton there.", ["Paris Hilton"]),
        ("We were in Paris. Hilton came too.", ["Paris"]),
        ("in Paris, Hilton said", ["Paris"]),
        ("it is Paris's mayor", ["Paris"]),
        ("the Parisian", []),
        ("paris in lower case", []),
        ("we drove on the road", []),
        ("he read On the Road", ["On the Road"]),
        ("about person-centered therapy", ["person-centered therapy"]),
        ("about Person centered therapy", ["Person centered therapy"]),
        ("in Tampa, Florida today", ["Tampa, Florida"]),
        ("by J.R.R. Tolkien", ["J.R.R. Tolkien"]),
        ("Who said it? The WHO did.", ["WHO"]),
    ],
)
def test_names_as_people_write_them(text: str, expected: list[str]) -> None:
    assert found(text) == expected


def test_a_question_may_leave_capitals_out_where_a_name_has_two_telling_words() -> None:
    assert found("who is paris hilton", loose=True) == ["paris hilton"]
    assert found("who is paris hilton") == []
    assert found("is it on the road", loose=True) == []


@pytest.mark.parametrize(
    "name", ["", "x", "...", "The", "it is", "a" * 300, "w " * (WORDS_MAX + 1)]
)
def test_names_that_no_text_is_searched_for(name: str) -> None:
    assert spelling_of(name) is None
    assert Gazetteer([(name, 0)]).unsought == 1


def test_a_name_of_too_many_names_nobody() -> None:
    few = Gazetteer(("Smith", at) for at in range(TARGETS_MAX))
    many = Gazetteer(("Smith", at) for at in range(TARGETS_MAX + 1))
    assert few.find("Smith")[0].targets == tuple(range(TARGETS_MAX))
    assert (many.find("Smith"), many.targets_of("Smith"), many.shared_count) == ([], (), 1)


def test_variants() -> None:
    assert list(variants("Mercury (planet)")) == ["Mercury (planet)", "Mercury"]
    assert "Sour dough" in variants("bread/Sour_dough.md")
    assert "Feeding" in variants("starter#Feeding")


WORDS = st.sampled_from(["Ada", "Bo", "of", "Cy", "the", "dee", ",", ".", "7"])
PHRASES = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)


@settings(max_examples=200, deadline=None)
@given(st.lists(PHRASES, max_size=6), st.lists(WORDS, max_size=30).map(" ".join))
def test_what_is_found_is_the_longest_that_begins_there_and_none_is_passed_over(
    names: list[str], text: str
) -> None:
    """Against a search that tries every name at every word."""
    gazetteer = Gazetteer((name, at) for at, name in enumerate(names))
    mentions = gazetteer.find(text)
    ends = [0, *(mention.end for mention in mentions)]
    assert all(m.start >= end for m, end in zip(mentions, ends, strict=False))
    for mention in mentions:
        inside = text[mention.start : mention.end]
        assert set(mention.targets) <= set(gazetteer.targets_of(inside))
    alone = [m for name in names for m in Gazetteer([(name, 0)]).find(text)]
    taken = [range(m.start, m.end) for m in mentions]
    for single in alone:
        assert any(single.start in place or single.end - 1 in place for place in taken)
    for mention in mentions:
        longer = [s for s in alone if s.start == mention.start and s.end > mention.end]
        assert not longer
