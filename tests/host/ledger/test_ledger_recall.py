"""A ledger in Python is recalled and compiled as on the command line: by long contents, under the root of a block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import focusmesh
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.host.ledger.ledger import OpenLedger
    from focusmesh.kernel.session import LedgerGraph
    from tests.conftest import Needs

LONG = "A report about the giraffe. " + "It is long. " * 400


@pytest.fixture(autouse=True)
def _with_words(needs: Needs) -> None:
    needs("tantivy")


def root(graph: LedgerGraph, height: int) -> str:
    ledger: OpenLedger = graph._ledger  # type: ignore[assignment]
    return f"{ledger.chain.header(height).state_root.hex()}@{height}"


def test_long_contents_are_texts_and_found(ledger: Path) -> None:
    with focusmesh.open(ledger) as graph:
        said = graph.put(LONG.encode())
        graph.link("what the zookeeper said", said)
        graph.link("what the zookeeper said", graph.put(b"\xff\xfe giraffe" * 1_000))
        assert graph.text(said) == LONG
        assert graph.text("what the zookeeper said") == ""
        (item, *_) = graph.recall("giraffes")
        assert (item.particle, item.text) == (said, LONG)
        assert list(graph.recall("giraffes").entries) == [said]
        graph.forget(said)
        assert not graph.recall("giraffes").entries


def test_a_graph_of_names_alone_has_no_texts(ledger: Path) -> None:
    with focusmesh.open(ledger) as graph:
        graph.link("a", "b")
        assert graph.texts is None


def test_answers_name_the_state_and_height(ledger: Path) -> None:
    with focusmesh.open(ledger) as graph:
        graph.update([("one word", "two"), ("two words", "one word"), ("more words", "two words")])
        height = graph.height
        first = graph.recall("words", 1)
        assert first.root == graph.root == root(graph, height)
        assert graph.recall("words", 1, cursor=first.cursor).items[0].rank == 2
        assert graph.compile().root == graph.compile(["two"], count=2).root == first.root
        copy = graph.copy()
        assert copy.root == first.root
        copy.link("two", "three")
        assert "@" not in copy.root
        graph.link("two", "three")
        assert graph.root == root(graph, height + 1) != first.root
        with pytest.raises(InputError, match="it was edited since"):
            graph.recall("words", 1, cursor=first.cursor)
        assert graph.at(height).root == first.root
        assert graph.at(height).recall("words", 1, cursor=first.cursor).items[0].rank == 2


def test_digests_among_names_do_not_keep_pages_from_being_turned(ledger: Path) -> None:
    with focusmesh.open(ledger) as graph:
        graph.update([("one word", bytes(32)), ("two words", bytes([1] * 32))])
        page = graph.recall("words", 1)
        assert graph.recall("words", 1, cursor=page.cursor).particles != page.particles
