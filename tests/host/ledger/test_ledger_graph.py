"""``focusmesh.open``: a ledger is a graph, and each edit is in a durable block when it returns."""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

import focusmesh
from focusmesh import Graph, explain
from focusmesh.errors import (
    BlockError,
    FileError,
    InputError,
    ParameterError,
    SignalError,
    StoreBusyError,
    UnknownParticleError,
)
from focusmesh.host.ledger.ledger import OpenLedger
from focusmesh.host.storage.open_chains import OpenedChain
from focusmesh.ids import digest, to_cid

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.protocol.identity import SigningKey
    from tests.ledger_fixtures import NewLedger

EDGES = [("a", "b", 3), ("b", "c", 1), ("c", "a", 2), ("d", "a", 5)]


def test_edits_are_there_when_they_return_and_after_opening_again(ledger: Path) -> None:
    with focusmesh.open(ledger) as graph:
        graph.update(EDGES)
        assert graph.height == 1
        graph.link("a", "b", 2)
        assert (graph.height, graph.weight("a", "b")) == (2, 5.0)
    with focusmesh.open(ledger) as again:
        assert again.weight("a", "b") == 5.0
        assert (again.height, again.particle_count, again.link_count) == (2, 4, 4)


def test_it_answers_as_the_graph_in_memory(ledger: Path) -> None:
    memory = Graph.from_edges(*zip(*EDGES, strict=True))
    with focusmesh.open(ledger) as graph:
        graph.update(EDGES)
        focus, same = graph.focus(tolerance=1e-10), memory.focus(tolerance=1e-10)
        for name in "abcd":
            assert focus.score(name) == pytest.approx(same.score(name), abs=1e-9)
        answer = graph.context(["a"], k=3, effort="exact")
        expected = memory.context(["a"], k=3, effort="exact")
        assert [item.particle for item in answer] == [item.particle for item in expected]
        assert explain(graph, ["a"], "c").score == pytest.approx(
            explain(memory, ["a"], "c").score, abs=1e-6
        )
        assert len(graph.walk(["a"], 2)) == 2
        assert sorted(graph.successors("a")) == [("b", 3.0)]


def test_the_committed_focus_is_that_of_its_graph(ledger: Path) -> None:
    from focusmesh.kernel.session import ranking

    with focusmesh.open(ledger) as graph:
        graph.update(EDGES)
        focus = graph.focus(tolerance=1e-10)
        opened = graph._ledger
        assert isinstance(opened, OpenLedger)
        found = ranking(opened.chain, None, None)
        assert [item.particle for item in found.items] == [r.particle for r in focus.top(4)]
        off = sum(abs(item.score - focus.score(item.particle)) for item in found.items)
        assert off <= found.bound + focus.bound


def test_links_say_who_made_them_and_when(ledger: Path, alice: SigningKey, bob: SigningKey) -> None:
    with focusmesh.open(ledger) as graph:
        graph.link("a", "b", 2, "cites")
    with focusmesh.open(ledger, key="bob") as other:
        other.link("a", "b", 3)
        mine, theirs = sorted(other.between("a", "b"), key=lambda link: link.weight)
        assert (mine.relation, mine.author, mine.time) == ("cites", alice.public.hex(), 1)
        assert (theirs.relation, theirs.author, theirs.time) == ("", bob.public.hex(), 2)
        with pytest.raises(InputError, match="no such link of yours"):
            other.unlink("a", "b", author=alice.public.hex())
        with pytest.raises(InputError, match="sign a link of its own"):
            other.link("a", "c", author=alice.public.hex())
        other.unlink("a", "b")
        assert [link.author for link in other.between("a", "b")] == [alice.public.hex()]


def test_weights_are_set_up_down_and_to_nothing(ledger: Path) -> None:
    with focusmesh.open(ledger) as graph:
        graph.update([("a", "b", 2, "r"), ("a", "b", 1, "s")])
        with pytest.raises(InputError, match="name the relation"):
            graph.reweight("a", "b", 5)
        for weight in (7, 3, 0):
            graph.reweight("a", "b", weight, "r")
            assert graph.weight("a", "b") == weight + 1
        with pytest.raises(InputError, match="no such link"):
            graph.reweight("a", "b", 1, "r")


def test_weights_count_in_the_unit_of_the_ledger(new_ledger: NewLedger) -> None:
    where = new_ledger(weight_unit=1_000)
    with focusmesh.open(where) as graph:
        graph.link("a", "b", 4)
        assert graph.weight("a", "b") == 4.0
        opened = graph._ledger
        assert isinstance(opened, OpenLedger)
        with opened.chain.state.at() as view:
            row = view.row(digest(b"a"))
        assert row is not None
        assert row.amounts.tolist() == [4_000]


@pytest.mark.parametrize(
    ("edge", "words"),
    [
        (("a", "a"), "itself"),
        (("a", "b", 0.5), "not a whole number"),
        (("a", "b", 0), "not a whole number"),
        (("a", "b", 2**63), "more than any account"),
        (("a", ""), "1 to 4,096 bytes"),
        (("a", "x" * 5_000), "put the text"),
        (("a", 7), "use text"),
        (("a", b"short"), "use text"),
        (("a", "\ud800"), "not Unicode"),
        (("a", "b", 1, None, None, 3), "the time of a link"),
        (("a",), "expected"),
    ],
)
def test_an_edge_that_no_ledger_can_have_changes_nothing(
    ledger: Path, edge: tuple[object, ...], words: str
) -> None:
    with focusmesh.open(ledger) as graph:
        with pytest.raises(InputError, match=words):
            graph.update([("fine", "too"), edge])
        assert graph.height == 0


def test_a_signal_is_carried_out_whole_or_not_at_all(ledger: Path) -> None:
    with focusmesh.open(ledger, key="bob") as graph:
        with pytest.raises(SignalError) as refused:
            graph.update([("a", "b", 1), ("a", "c", 10**7)])
        assert refused.value.code == "stake"
        assert (graph.height, graph.link_count) == (1, 0)


def test_names_are_text_digests_and_cids(ledger: Path) -> None:
    with focusmesh.open(ledger) as graph:
        paper = graph.put(b"%PDF\xff\xfe no text")
        graph.update([("naïve 名", paper), (to_cid(digest(b"far")), "naïve 名")])
        assert set(graph.particles) == {"naïve 名", paper, digest(b"far")}
        assert graph.content(paper) == b"%PDF\xff\xfe no text"
        assert graph.content("naïve 名") == "naïve 名".encode()
        assert graph.index(to_cid(paper)) == graph.index(paper)
        assert graph.index("far") == graph.index(digest(b"far"))
        assert graph.weight(to_cid(paper), "naïve 名") == 0.0
        with pytest.raises(UnknownParticleError, match="naïve"):
            graph.index("naive 名")


def test_an_earlier_block_can_be_asked(new_ledger: NewLedger) -> None:
    with focusmesh.open(new_ledger(history_window=2)) as graph:
        for weight in (1, 2, 3, 4):
            graph.link("a", f"b{weight}", weight)
        graph.reweight("a", "b4", 9)
        before = graph.at(3)
        assert (before.link_count, before.particle_count) == (3, 4)
        assert graph.at(4).weight("a", "b4") == 4.0
        assert graph.weight("a", "b4") == 9.0
        with pytest.raises(BlockError, match="blocks 3 to 5"):
            graph.at(2)


def test_particles_stand_in_the_order_of_the_committed_vector(ledger: Path) -> None:
    with focusmesh.open(ledger) as graph:
        graph.update(EDGES)
        ids = [digest(str(name).encode()) for name in graph.particles]
        assert ids == sorted(ids)


def test_another_process_is_seen_when_it_is_looked_for(ledger: Path) -> None:
    with focusmesh.open(ledger) as reader:
        assert reader.particle_count == 0
        script = f"import focusmesh\nwith focusmesh.open({str(ledger)!r}) as g: g.link('a', 'b')"
        subprocess.run([sys.executable, "-c", script], check=True, env=os.environ)
        assert reader.particle_count == 0
        assert reader.refresh()
        assert not reader.refresh()
        assert (reader.particle_count, reader.height) == (2, 1)


def test_a_second_writer_is_told_who_writes(ledger: Path) -> None:
    with focusmesh.open(ledger) as writer:
        writer.link("a", "b")
        script = (
            "import focusmesh\n"
            "from focusmesh.errors import StoreBusyError\n"
            "from focusmesh.host.ledger import ledger\n"
            "ledger.PATIENCE_SECONDS = 0.2\n"
            f"with focusmesh.open({str(ledger)!r}) as graph:\n"
            "    print(graph.link_count)\n"
            "    try: graph.link('c', 'd')\n"
            "    except StoreBusyError as error: print(error)\n"
            "    print(graph.link_count)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], check=True, capture_output=True, text=True
        )
    first, said, last = done.stdout.splitlines()
    assert (first, last) == ("1", "1")
    assert f"process {os.getpid()}" in said
    assert "focusmesh node start" in said


def test_processes_that_write_at_once_wait_for_each_other(ledger: Path) -> None:
    script = (
        "import focusmesh, sys\nwith focusmesh.open(sys.argv[1]) as g: g.link('a', sys.argv[2])"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", script, ledger, f"b{number}"])
        for number in range(5)
    ]
    assert [writer.wait(60) for writer in writers] == [0] * 5
    with focusmesh.open(ledger) as graph:
        assert (graph.height, graph.link_count) == (5, 5)


def test_graphs_of_one_process_share_the_ledger(ledger: Path) -> None:
    one, other = focusmesh.open(ledger), focusmesh.open(ledger)
    one.link("a", "b")
    other.link("b", "c")
    assert one.refresh()
    assert one.link_count == other.link_count == 2
    one.close()
    other.link("c", "d")
    other.close()
    assert ledger.resolve() / "store" not in OpenedChain._all


def test_what_is_dropped_without_closing_gives_the_ledger_back(ledger: Path) -> None:
    graph = focusmesh.open(ledger)
    graph.link("a", "b")
    del graph
    gc.collect()
    with focusmesh.open(ledger) as again:
        again.link("b", "c")
        assert again.link_count == 2


def test_closed_is_closed(ledger: Path) -> None:
    graph = focusmesh.open(ledger)
    graph.link("a", "b")
    assert graph.link_count == 1
    graph.close()
    graph.close()
    assert graph.weight("a", "b") == 1.0
    with pytest.raises(InputError, match="was closed"):
        graph.link("b", "c")


def test_copies_know_no_ledger(ledger: Path) -> None:
    with focusmesh.open(ledger) as graph:
        graph.update(EDGES)
        for copied in (graph.copy(), pickle.loads(pickle.dumps(graph))):
            assert type(copied) is Graph
            copied.link("x", "y", 0.5)
            assert (copied.link_count, graph.link_count) == (5, 4)
        live = graph.live()
        live.update([("a", "d", 1)])
        assert graph.height == 1


def test_many_links_are_cut_into_signals(ledger: Path) -> None:
    rng = np.random.default_rng(7)
    ends = rng.integers(0, 3_000, (12_000, 2))
    edges = [(f"p{a}", f"p{b}") for a, b in ends.tolist() if a != b]
    with focusmesh.open(ledger) as graph:
        graph.update(edges)
        assert graph.height == 1
        assert graph.to_scipy().sum() == len(edges)


def test_an_edit_needs_a_key_and_its_passphrase(
    ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with focusmesh.open(ledger, keys=tmp_path / "none") as graph:
        assert graph.link_count == 0
        with pytest.raises(InputError, match="makes the blocks"):
            graph.link("a", "b")
    with (
        focusmesh.open(ledger, passphrase="") as graph,
        pytest.raises(ParameterError, match="passphrase="),
    ):
        graph.link("a", "b")
    monkeypatch.delenv("FOCUSMESH_PASSPHRASE")
    with focusmesh.open(ledger) as graph, pytest.raises(ParameterError, match="passphrase="):
        graph.link("a", "b")
    with focusmesh.open(ledger, passphrase="correct horse battery staple") as graph:
        graph.link("a", "b")
        assert repr(graph) == "<LedgerGraph at height 1: 2 particles, 1 links>"


def test_what_is_no_ledger_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no such folder"):
        focusmesh.open(tmp_path / "nowhere")


def test_the_busy_error_is_a_file_error() -> None:
    assert issubclass(StoreBusyError, FileError)
