"""A service gives moments that never change, keeps few, and shares φ between processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

import focusmesh
from focusmesh.errors import FileError, InputError, ParameterError, UnknownParticleError
from focusmesh.host.service import Cursor, Moment, NotThereError, Page, Service, problem_of
from focusmesh.host.service.ranks import Shelf, committed_ranks, solve_ranks

if TYPE_CHECKING:
    from pathlib import Path

ROOT = "ab" * 32


@given(
    some.binary(min_size=8, max_size=8),
    some.none() | some.integers(0, 2**62),
    some.integers(0, 2**63),
)
def test_a_cursor_has_one_spelling(root: bytes, height: int | None, offset: int) -> None:
    cursor = Cursor(root, root, height, offset)
    text = cursor.write()
    assert Cursor.read(text) == cursor
    with pytest.raises(ParameterError):
        Cursor.read(text + "=")


@given(some.text(max_size=60))
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="cursor"):
        Cursor.read(text)


def test_a_page_belongs_to_one_question_and_one_root() -> None:
    following = Page.of("rank", ROOT, None, 2, None).following(3)
    assert following is not None
    assert Page.of("rank", ROOT, None, 2, following).part == slice(2, 4)
    for question, root in (("links", ROOT), ("rank", "cd" * 32)):
        with pytest.raises(InputError, match="ask from the start"):
            Page.of(question, root, None, 2, following)
    with pytest.raises(ParameterError, match="1 ≤ limit"):
        Page.of("rank", ROOT, None, 0, None)


def test_ranks_are_shared_through_a_file(tmp_path: Path) -> None:
    graph = focusmesh.Graph.from_edges([0, 1, 2, 0], [1, 2, 0, 2])
    shelf = Shelf(tmp_path)
    made = shelf.ranks(graph.root, lambda: solve_ranks(graph, focusmesh.FocusParams(), 1e-6))

    def refuse() -> None:
        raise AssertionError("it is on the shelf")

    again = Shelf(tmp_path).ranks(graph.root, refuse)  # type: ignore[arg-type]
    assert isinstance(again.scores.base, np.memmap | np.ndarray)
    for one, other in ((made.scores, again.scores), (made.places, again.places)):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(again.order, graph.focus().order())
    assert (again.bound, again.height) == (graph.focus().bound, None)
    shelf.keep_only(set())
    assert list(tmp_path.iterdir()) == []
    (tmp_path / f"{graph.root}.ranks.npy").write_bytes(b"damaged")
    assert shelf.ranks(graph.root, lambda: made).bound == made.bound


def test_numbers_and_text_name_particles() -> None:
    moment = Moment(focusmesh.Graph.from_edges([3, 5], [5, 7]), focusmesh.FocusParams())
    assert [item.particle for item in moment.scores(["5", 7]).items] == [5, 7]
    with pytest.raises(UnknownParticleError) as unknown:
        moment.scores(["9"])
    assert problem_of(unknown.value)[:2] == (404, "unknown-name")
    with pytest.raises(ParameterError, match="name 1 to"):
        moment.context([])


def test_a_ledger_is_answered_as_its_blocks_say(ledger: Path) -> None:
    with focusmesh.open(ledger) as graph:
        graph.update([("a", "b"), ("b", "c")])
        graph.link("c", "a", 5)
        graph.put(b"x" * 5_000)
    with Service.open(ledger) as service:
        moment = service.moment()
        assert service.moment() is moment
        assert service.current() is service.latest is moment
        first = service.moment(1)
        assert (first.height, first.graph.link_count) == (1, 2)
        for height in (2, 3, 0):
            service.moment(height)
        assert service.current() is moment
        assert first.graph.link_count == 2
        from focusmesh.host.storage.ledger_folder import Folder
        from focusmesh.host.storage.open_chains import OpenedChain
        from focusmesh.kernel.session import ranking

        shared = OpenedChain.of(Folder(ledger))
        told = ranking(shared.reading(), None, None)
        ranks = committed_ranks(shared.reading(), moment.height or 0)
        listed = moment.rank(10)
        assert [item.particle for item in listed.items] == [item.particle for item in told.items]
        assert [item.score for item in listed.items] == [item.score for item in told.items]
        assert (listed.bound, listed.ranked_height) == (told.bound, ranks.height)
        shared.release()


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no such file"):
        Service.open(tmp_path / "nothing")
    focusmesh.Graph.from_edges([0], [1]).save(tmp_path / "g.focusmesh")
    with Service.open(tmp_path / "g.focusmesh") as service, pytest.raises(NotThereError):
        _ = service.ledger


def test_a_particle_has_its_labels_and_properties_with_bounds(tmp_path: Path) -> None:
    graph = focusmesh.Graph.from_edges([("a", "b")])
    graph.add_labels({"a": ["Town", "City"]})
    long = "x" * 5_000
    values = {"size": 3, "share": 3.0, "open": True, "note": long, "raw": b"\x00\xff"}
    graph.set_properties({"a": values, "b": {f"k{at:03}": at for at in range(200)}})
    graph.save(tmp_path / "g.focusmesh")
    first, second = Service.open(tmp_path / "g.focusmesh").moment().describe(["a", "b"])
    assert first.labels == ["City", "Town"]
    shown = {each.key: (each.type, each.value) for each in first.properties}
    assert shown == {
        "note": ("text", long[:4_095] + "…"),
        "open": ("bool", True),
        "raw": ("bytes", "0x00ff"),
        "share": ("float", 3.0),
        "size": ("integer", 3),
    }
    assert [each.key for each in second.properties] == [f"k{at:03}" for at in range(100)]
