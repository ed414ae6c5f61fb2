"""Views whose reads are cut short, or meet those of other threads."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest

import focusmesh as fm
from focusmesh.engine.reasoning.rules import view as rules_view
from focusmesh.engine.reasoning.rules.evaluation import RuleModel

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.rules.evaluation import RowChange


FOLLOWED = """above(x, y) :- link(x, y, "is", _, _, _). above(x, z) :- above(x, y), link(y, z, "is", _, _, _)."""


def test_a_thread_waits_for_an_update_of_the_view(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that read in between had the edits merged, and the view took its mark for one among later edits."""
    graph = fm.Graph.from_edges([("a", "b", 1.0, "is")])
    view = graph.rules(FOLLOWED)
    view.changes()
    readers, update = list[Thread](), RuleModel.update

    def with_reader(*args: Any) -> dict[str, RowChange]:
        found = update(*args)
        if not readers:
            readers.append(Thread(target=view.__getitem__, args=("above",)))
            readers[0].start()
            readers[0].join(0.2)
        return found

    monkeypatch.setattr(RuleModel, "update", with_reader)
    graph.link("b", "c", relation="is")
    assert ("a", "c") in view["above"]
    readers[0].join()
    graph.link("c", "d", relation="is")
    assert set(view["above"]) == set(graph.rules(FOLLOWED)["above"])
    view.verify()


def test_changes_that_an_interrupt_kept_from_being_told_are_told_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = fm.Graph.from_edges([("a", "b", 1.0, "is")])
    view = graph.rules(FOLLOWED)
    view.changes()
    graph.link("b", "c", relation="is")
    with monkeypatch.context() as patch:
        patch.setattr(rules_view, "_sum", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            view.changes()
    assert set(view.changes().came["above"]) == {("b", "c"), ("a", "c")}
