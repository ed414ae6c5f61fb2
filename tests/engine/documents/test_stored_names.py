"""Names in a file are found as they are in memory, part by part, and what nobody wrote is refused or nobody's name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.documents import Gazetteer
from focusmesh.engine.documents.stored_names import StoredNames

TEXT = "Paris Hilton met the WHO in Tampa, Florida, and wrote On the Road with Zoë from São Paulo."
WORDS = st.sampled_from(TEXT.replace(",", "").replace(".", "").split())
NAMES = st.lists(st.lists(WORDS, min_size=1, max_size=3).map(" ".join), max_size=12)


@given(NAMES, NAMES)
def test_names_that_were_written_are_found_and_added_to(
    before: list[str], after: list[str]
) -> None:
    kept = Gazetteer((name, at) for at, name in enumerate(before))
    read = Gazetteer.load(kept.dump())
    assert read.find(TEXT) == kept.find(TEXT)
    assert [read.targets_of(name) for name in before] == [kept.targets_of(name) for name in before]
    for gazetteer in (kept, read):
        gazetteer.add((name, 100 + at) for at, name in enumerate(after))
    assert read.find(TEXT, loose=True) == kept.find(TEXT, loose=True)
    assert (len(read), read.unsought, read.shared_count) == (
        len(kept),
        kept.unsought,
        kept.shared_count,
    )
    assert Gazetteer.load(read.dump()).find(TEXT) == kept.find(TEXT)


def test_a_question_reads_the_parts_of_its_words_alone() -> None:
    stored = StoredNames(Gazetteer([(f"Name{at} Other", at) for at in range(5_000)]).dump())
    assert stored.part_of("name77")[0]["name77 other"]
    assert len(stored._read) == 1
    assert len(stored.part_of("name77")[0]) < 100


def test_what_is_no_list_of_names_is_refused() -> None:
    content = Gazetteer([("Paris", 0)]).dump()
    for wrong in (b"", content[:-1], content[:20], content + b"{}", b"[0, []]" * 2_000):
        with pytest.raises(ValueError, match=r"."):
            Gazetteer.load(wrong)


def test_a_part_that_cannot_be_read_names_nobody() -> None:
    content = Gazetteer([("Paris Hilton", 0)]).dump()
    assert Gazetteer.load(content).find(TEXT)
    for right, wrong in ((b'"paris', b"!paris"), (b"hilton", b"gibson"), (b'n": ', b'n"::')):
        assert right in content
        assert Gazetteer.load(content.replace(right, wrong)).find(TEXT) == []
