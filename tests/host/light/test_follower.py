"""Columns that are followed from block to block are those that are read at once, whatever the blocks did."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

import focusmesh
from focusmesh.engine.links import Names
from focusmesh.host.storage.ledger_folder import Folder
from focusmesh.host.storage.open_chains import OpenedChain
from focusmesh.ids import digest
from focusmesh.kernel.session import FollowedColumns, columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.engine.links import LinkColumns
    from focusmesh.kernel.block import Chain
    from tests.ledger_fixtures import NewLedger


@contextmanager
def reading(ledger: Path) -> Iterator[OpenedChain]:
    shared = OpenedChain.of(Folder(ledger))
    try:
        yield shared
    finally:
        shared.release()


def agree(followed: FollowedColumns, chain: Chain) -> LinkColumns:
    """What is followed, which is what is read anew."""
    found, anew = followed.columns(chain), columns_of(chain)
    for name in ("source", "target", "weight", "relation", "author", "time"):
        assert np.array_equal(getattr(found, name), getattr(anew, name)), name
    for name in ("particles", "relations", "authors", "texts"):
        one, other = getattr(found, name), getattr(anew, name)
        assert type(one) is type(other), name
        assert (None if one is None else list(one)) == (None if other is None else list(other))
    return found


def test_every_kind_of_change_is_followed(ledger: Path) -> None:
    long = "a text that is longer than names may be " * 200
    followed = FollowedColumns()
    with focusmesh.open(ledger) as graph, reading(ledger) as shared:
        agree(followed, shared.reading())
        graph.update(
            [(f"p{at}", f"p{(at * 7 + 1) % 50}", 1 + at % 3, "kin") for at in range(1, 50)]
        )
        agree(followed, shared.reading())
        graph.link("p1", "p2", 5, "kin")
        graph.unlink("p3", "p22")
        same = agree(followed, shared.reading())
        graph.reweight("p1", "p2", 2, "kin")
        assert agree(followed, shared.reading()).particles is same.particles
        put = graph.put(long.encode())
        agree(followed, shared.reading())
        graph.link("p1", put, 1, "says")
        assert long in list(agree(followed, shared.reading()).texts or ())
        graph.forget("p5")
        agree(followed, shared.reading())
        graph.forget(put)
        agree(followed, shared.reading())
        graph.link("p5", "p6", 3)
        assert "p5" in list(agree(followed, shared.reading()).particles)


def test_content_that_comes_after_its_particle_is_seen(ledger: Path) -> None:
    content = b"it was named by its digest before anybody said it"
    named = digest(content)
    followed = FollowedColumns()
    with focusmesh.open(ledger) as graph, reading(ledger) as shared:
        graph.link("a", named)
        assert named in list(agree(followed, shared.reading()).particles)
        graph.put(content)
        assert content.decode() in list(agree(followed, shared.reading()).particles)


def test_what_is_further_back_than_the_history_is_read_anew(
    new_ledger: NewLedger,
) -> None:
    ledger = new_ledger(history_window=1)
    followed = FollowedColumns()
    with focusmesh.open(ledger) as graph, reading(ledger) as shared:
        graph.link("a", "b")
        agree(followed, shared.reading())
        for target in "cdef":
            graph.link("a", target)
        agree(followed, shared.reading())


def test_names_that_say_the_same_are_the_same_objects(ledger: Path) -> None:
    followed = FollowedColumns()
    with focusmesh.open(ledger) as graph, reading(ledger) as shared:
        graph.update([("a", "b"), ("b", "c")])
        first = agree(followed, shared.reading())
        graph.link("c", "a")
        second = agree(followed, shared.reading())
        assert isinstance(first.particles, Names)
        assert second.particles is first.particles
