"""Passages: bounded, in order, and nothing of the text is lost."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from focusmesh.engine.documents import PassageSize
from focusmesh.engine.documents.passages import passages_of
from focusmesh.errors import ParameterError

SIZES = st.integers(100, 200).flatmap(
    lambda most: st.builds(PassageSize, st.just(most), st.integers(0, most // 2))
)
TEXTS = st.lists(
    st.sampled_from(["word", "a longer sentence. ", "\n\n", "\n", " ", "x" * 90, "漢字。", "!"]),
    max_size=80,
).map("".join)


@settings(max_examples=200, deadline=None)
@given(TEXTS, SIZES)
def test_each_is_short_each_goes_on_and_together_they_are_the_text(
    text: str, size: PassageSize
) -> None:
    found = passages_of(text, size)
    assert found[0].start == 0
    assert found[-1].end == len(text)
    for one, following in itertools.pairwise(found):
        assert one.start < following.start <= one.end < following.end
        assert one.end - following.start <= size.overlap
    assert all(span.end - span.start <= size.characters for span in found)


def test_a_cut_is_made_where_a_paragraph_ends_and_an_overlap_begins_with_a_sentence() -> None:
    text = "A" * 60 + "\n\n" + "Some words here. " * 20
    first, second, *_ = passages_of(text, PassageSize(100, 50))
    assert text[first.start : first.end] == "A" * 60 + "\n\n"
    assert text[second.start :].startswith("Some words")
    third = passages_of(text, PassageSize(100, 50))[2]
    assert text[third.start :].startswith("Some words")
    assert third.start < second.end


@pytest.mark.parametrize(("characters", "overlap"), [(99, 0), (200, 101), (200, -1), (1.5, 0)])
def test_sizes_that_cannot_be(characters: int, overlap: int) -> None:
    with pytest.raises(ParameterError, match="passages need"):
        PassageSize(characters, overlap)
