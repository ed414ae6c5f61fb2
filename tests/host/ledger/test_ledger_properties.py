"""Properties and labels of a ledger: what neurons signed, seen as a graph's, by rules too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import focusmesh
from focusmesh.errors import InputError, SignalError
from focusmesh.host.ledger.ledger import OpenLedger
from focusmesh.kernel.state import read_account

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.protocol.identity import SigningKey


def test_properties_are_signed_and_come_back(ledger: Path) -> None:
    with focusmesh.open(ledger) as graph:
        graph.link("a", "b", 2, "type")
        graph.set_properties({"a": {"kind": "app", "raw": b"\xff\x00"}})
        assert graph.properties("a") == {"kind": "app", "raw": b"\xff\x00"}
        assert graph.labels("a") == ["b"]
        assert (graph.find(kind="app"), graph.find("b")) == (["a"], ["a"])
        view = graph.rules('x(p, l) :- property(p, "kind", "app"), label(p, l).')
        assert view["x"] == [("a", "b")]
        height = graph.height
        graph.unset_property("a", "kind")
        assert graph.properties("a") == {"raw": b"\xff\x00"}
        assert view["x"] == []
        with pytest.raises(SignalError, match="no property"):
            graph.unset_property("a", "kind")
    with focusmesh.open(ledger) as again:
        assert again.properties("a") == {"raw": b"\xff\x00"}
        assert again.at(height).properties("a") == {"kind": "app", "raw": b"\xff\x00"}


def test_the_author_with_most_stake_counts_and_ties_go_to_the_lower_key(
    ledger: Path, alice: SigningKey, bob: SigningKey
) -> None:
    said = {alice.public: "of alice", bob.public: "of bob"}
    with focusmesh.open(ledger) as graph:
        graph.link("a", "b", 2)
        graph.set_property("a", "k", said[alice.public])
        graph.set_property("nobody", "k", "of a particle without links")
    with focusmesh.open(ledger, key="bob") as graph:
        graph.set_property("a", "k", said[bob.public])
        opened = graph._ledger
        assert isinstance(opened, OpenLedger)
        with opened.chain.state.at() as view:
            accounts = {key: read_account(view.get, key) for key in said}
        stakes = {key: account.stake for key, account in accounts.items() if account is not None}
        wanted = min(said, key=lambda key: (-stakes[key], key))
        assert graph.properties("a") == {"k": said[wanted]}
        assert "nobody" not in graph
        graph.set_property("a", "mine", "x")
        assert graph.property("a", "mine") == "x"


def test_what_a_ledger_does_not_keep_is_refused(ledger: Path) -> None:
    with focusmesh.open(ledger) as graph:
        graph.link("a", "b", 2)
        for value in (1, 1.5, True, "", b"", None):
            with pytest.raises(InputError, match="texts and bytes"):
                graph.set_property("a", "k", value)
        with pytest.raises(InputError, match="targets of links"):
            graph.add_label("a", "L")
        with pytest.raises(InputError, match="no properties of links"):
            graph.set_link_property("a", "b", "k", "v")
        assert graph.properties("a") == {}


def test_an_import_says_that_properties_are_left_out(ledger: Path, tmp_path: Path) -> None:
    from focusmesh.host.ledger.link_import import read_columns

    (tmp_path / "l.csv").write_text("source,target,km\na,b,5\n")
    reading = {"format": "csv"}
    columns, report = read_columns(tmp_path / "l.csv", reading, None)
    assert columns.properties is None
    assert "properties and labels are left out" in report.warnings[-1]
    (tmp_path / "m.csv").write_text("source,target\na,b\n")
    assert read_columns(tmp_path / "m.csv", reading, None)[1].warnings == ()
