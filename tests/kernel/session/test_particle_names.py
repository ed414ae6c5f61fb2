"""Names of particles: text is its digest, digests and CIDs are themselves, and there is a way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.errors import InputError
from focusmesh.ids import digest, is_cid, to_cid
from focusmesh.kernel.session import NAME_BYTES_MAX, TEXT_BYTES_MAX, name_of, particle
from focusmesh.kernel.session.particle_names import text_of


@given(st.text(min_size=1, max_size=200).filter(lambda text: not is_cid(text)))
def test_text_and_back(text: str) -> None:
    try:
        meant = particle(text)
    except InputError:
        assert any("\ud800" <= letter <= "\udfff" for letter in text)
        return
    assert meant == (digest(text.encode()), text.encode())
    assert name_of(*meant) == text


@given(st.binary(min_size=32, max_size=32))
def test_a_digest_and_its_cid_are_one_particle(found: bytes) -> None:
    assert particle(found) == particle(to_cid(found)) == (found, None)
    assert name_of(found, None) == found


@given(st.binary(max_size=80))
def test_a_name_that_is_shown_means_the_particle(content: bytes) -> None:
    shown = name_of(digest(content), content)
    assert particle(shown).id == digest(content)


def test_text_that_spells_a_cid_is_no_name_of_its_own() -> None:
    text = to_cid(digest(b"x"))
    assert name_of(digest(text.encode()), text.encode()) == digest(text.encode())
    assert is_cid(text)
    assert not is_cid(text[:-1])
    assert not is_cid("b" + "!" * 58)


@pytest.mark.parametrize("content", [b"", b"x" * (NAME_BYTES_MAX + 1), b"\xff"])
def test_other_content_is_shown_by_its_digest(content: bytes) -> None:
    assert name_of(digest(content), content) == digest(content)


@pytest.mark.parametrize("name", ["", "x" * (NAME_BYTES_MAX + 1), 7, None, b"short", ("a",)])
def test_what_names_nothing_is_refused(name: object) -> None:
    with pytest.raises(InputError):
        particle(name)


def test_the_text_of_a_digest_is_content_that_is_no_name() -> None:
    long = "ü" * TEXT_BYTES_MAX
    for name, content, text in (
        (bytes(32), b"said", "said"),
        (bytes(32), b"\xff", ""),
        (bytes(32), None, ""),
        (bytes(32), b"", ""),
        ("said", b"said", ""),
        (bytes(32), long.encode()[:TEXT_BYTES_MAX], long[: TEXT_BYTES_MAX // 2]),
        (bytes(32), long.encode()[: TEXT_BYTES_MAX + 2], ""),
    ):
        assert text_of(name, content) == text
