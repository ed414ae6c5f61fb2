"""Files of links go into a ledger in signed signals; weights that are no whole numbers need a unit."""

from __future__ import annotations

import gzip
import subprocess
import sys
import time
from contextlib import contextmanager, nullcontext
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

import focusmesh
from focusmesh import Graph
from focusmesh.host.ledger import link_import as importing
from focusmesh.host.ledger.ledger import OpenLedger
from focusmesh.host.storage.ledger_folder import Folder, serving
from focusmesh.interface.cli.shared.failures import ExitCode
from focusmesh.kernel.block import Body
from focusmesh.protocol.signal import OPERATIONS_MAX, parse
from tests.conftest import SOAK
from tests.interface.cli.conftest import PROGRAM, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from focusmesh.kernel.session import OperationBatch, Placed
    from tests.interface.cli.conftest import Invoke
    from tests.ledger_fixtures import NewLedger

    Document = Callable[..., dict[str, Any]]

LABELLED = "source,target,weight,relation\na,b,3,cites\nb,c,1,\na,b,2,quotes\na,b,1,cites\n"


def test_a_file_becomes_links_in_a_block(document: Document, ledger: Path, edges: Path) -> None:
    done = document("import", edges, "--ledger", ledger)
    assert (done["links"], done["signals"], done["height"], done["bad"]) == (4, 1, 1, 0)
    memory = Graph.read(edges)
    with focusmesh.open(ledger) as graph:
        assert set(graph.particles) == set(memory.particles)
        assert graph.weight("c", "a") == memory.weight("c", "a") == 200.0


def test_relations_and_repeated_links_are_kept(
    document: Document, ledger: Path, tmp_path: Path
) -> None:
    document("import", written(tmp_path / "l.csv", LABELLED), "--ledger", ledger)
    with focusmesh.open(ledger) as graph:
        found = {(link.relation, link.weight) for link in graph.between("a", "b")}
        assert found == {("cites", 4.0), ("quotes", 2.0)}
        assert [link.relation for link in graph.between("b", "c")] == [""]


def test_what_cannot_be_linked_is_left_out_and_counted(
    document: Document, ledger: Path, tmp_path: Path
) -> None:
    text = "source,target,weight\na,a,5\na,b,0\na,b,inf\nb,a,1\n"
    done = document("import", written(tmp_path / "l.csv", text), "--ledger", ledger)
    assert (done["links"], done["left_out"], done["bad"]) == (1, 2, 1)


def test_who_signs_is_the_author_whatever_the_file_says(
    document: Document, invoke: Invoke, ledger: Path, tmp_path: Path
) -> None:
    file = written(tmp_path / "l.csv", "source,target,author\na,b,zoe\nb,c,\nc,a,zoe\n")
    assert document("import", file, "--ledger", ledger)["claimed"] == 2
    with focusmesh.open(ledger) as graph:
        (link,) = graph.between("a", "b")
        assert link.author != "zoe"
    told = invoke("import", file, "--ledger", ledger)
    assert "the author that the file names for 2 links is left out" in told.stderr


def test_texts_that_stay_outside_are_told(
    invoke: Invoke, ledger: Path, edges: Path, tmp_path: Path
) -> None:
    file = written(tmp_path / "l.csv", "source,target,text\na,b,of a\nb,c,\n")
    told = invoke("import", file, "--ledger", ledger)
    assert "1 text left out" in told.stderr
    told = invoke("import", edges, "--ledger", ledger)
    assert "left out" not in told.stderr


def test_a_graph_file_is_imported_too(
    document: Document, invoke: Invoke, ledger: Path, edges: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "g.focusmesh"
    document("import", edges, "-o", saved)
    assert document("import", saved, "--ledger", ledger)["links"] == 4
    Graph.from_edges(["a"], ["b"], [0.5]).save(saved)
    assert "link 1" in invoke("import", saved, "-l", ledger, code=ExitCode.INPUT).stderr


DECIMAL = "source,target,weight\n\na,b,3\n{}\nc,a,2.5\nd,a,0.25\n"


@pytest.mark.parametrize("before", ["b,c,1", "b,c,inf", "b,c,1\n\n\n\n\nb,c,1"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_decimal_weight_is_refused_with_its_line(
    invoke: Invoke, ledger: Path, tmp_path: Path, before: str, packed: bool
) -> None:
    text = DECIMAL.format(before)
    if packed:
        path = tmp_path / "l.csv.gz"
        path.write_bytes(gzip.compress(text.encode()))
        place = "link 3" if before == "b,c,1" else "link "
    else:
        path = written(tmp_path / "l.csv", text)
        place = f"l.csv:{text.splitlines().index('c,a,2.5') + 1}:"
    done = invoke("import", path, "--ledger", ledger, code=ExitCode.INPUT)
    assert "2.5 is not a whole number" in done.stderr
    assert place in done.stderr
    assert "--unit" in done.stderr
    assert " 0" in invoke("node", "status", ledger).stdout.splitlines()[2]


def test_a_unit_makes_them_whole(document: Document, ledger: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "l.csv", DECIMAL.format("b,c,0.01"))
    done = document("import", path, "--ledger", ledger, "--unit", "0.1")
    assert (done["links"], done["rounded"]) == (4, 2)
    with focusmesh.open(ledger) as graph:
        weights = [graph.weight(*pair) for pair in (("a", "b"), ("b", "c"), ("c", "a"), ("d", "a"))]
    assert weights == [30.0, 1.0, 25.0, 2.0]


@pytest.mark.parametrize("unit", ["0", "-1", "nan", "inf"])
def test_a_unit_is_above_zero(invoke: Invoke, ledger: Path, edges: Path, unit: str) -> None:
    done = invoke("import", edges, "--ledger", ledger, "--unit", unit, code=ExitCode.USAGE)
    assert "0 < unit" in done.stderr


def test_a_weight_has_an_upper_end(invoke: Invoke, ledger: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "l.csv", f"source,target,weight\na,b,{2**33}\n")
    assert "2³² − 1" in invoke("import", path, "-l", ledger, code=ExitCode.INPUT).stderr


def test_where_to_is_said_once(invoke: Invoke, ledger: Path, edges: Path) -> None:
    for words in ((), ("--ledger", str(ledger), "-o", "x.focusmesh")):
        assert "say where to" in invoke("import", edges, *words, code=ExitCode.USAGE).stderr


def test_more_than_the_stake_is_refused(invoke: Invoke, ledger: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "l.csv", f"source,target,weight\na,b,{10**7}\n")
    refused = invoke("import", path, "--ledger", ledger, "--key", "bob", code=ExitCode.REFUSED)
    assert "changed nothing" in refused.stderr


@pytest.mark.parametrize(
    ("stops_after", "words"),
    [
        (0, "nothing of it is in the ledger"),
        (1, "the first 2 of 5 links are in the ledger; --resume goes on there"),
    ],
)
def test_an_interrupted_import_says_how_far_it_came_and_goes_on(
    document: Document,
    invoke: Invoke,
    new_ledger: NewLedger,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stops_after: int,
    words: str,
) -> None:
    sent = OpenLedger.send_batches
    portions: list[Sequence[OperationBatch]] = []

    def interrupted(self: OpenLedger, batches: Sequence[OperationBatch]) -> list[Placed]:
        portions.append(batches)
        if len(portions) > stops_after:
            raise KeyboardInterrupt
        sent(self, batches)
        # As if it came while the block, durable already, was on the way back.
        raise KeyboardInterrupt

    monkeypatch.setattr(OpenLedger, "send_batches", interrupted)
    monkeypatch.setattr(importing, "SIGNALS_AT_A_TIME", 1)
    ledger = new_ledger(operations_max=5)
    rows = "source,target\na,b\nb,c\nc,d\nd,e\ne,a\n"
    path = written(tmp_path / "l.csv", rows)
    told = invoke("import", path, "--ledger", ledger, code=ExitCode.INTERRUPTED)
    assert f"interrupted; {words}" in told.stderr

    monkeypatch.setattr(OpenLedger, "send_batches", sent)
    invoke("tx", "link", "z", "y", "--ledger", ledger)
    done = document("import", path, "--ledger", ledger, "--resume")
    assert (done["there"], done["links"]) == (2 * stops_after, 5 - 2 * stops_after)
    assert weights(ledger) == 6


def test_an_import_that_was_whole_is_resumed_by_doing_nothing(
    document: Document, ledger: Path, edges: Path
) -> None:
    invoked = [document("import", edges, "--ledger", ledger, "--resume") for _ in range(2)]
    assert [(done["there"], done["links"]) for done in invoked] == [(0, 4), (4, 0)]
    assert invoked[0]["height"] == invoked[1]["height"]
    other = document("import", edges, "--ledger", ledger, "--resume", "--key", "bob")
    assert (other["there"], other["links"]) == (0, 4)


def test_a_resumed_import_follows_the_key_that_it_was_rotated_to(
    document: Document, invoke: Invoke, ledger: Path, edges: Path
) -> None:
    document("import", edges, "--ledger", ledger, "--key", "bob")
    invoke("keys", "new", "robert")
    invoke("tx", "rotate", "robert", "--ledger", ledger, "--key", "bob")
    done = document("import", edges, "--ledger", ledger, "--key", "robert", "--resume")
    assert (done["there"], done["links"]) == (4, 0)


def test_a_signal_that_changed_nothing_is_not_there(
    document: Document, invoke: Invoke, ledger: Path, tmp_path: Path
) -> None:
    path = written(tmp_path / "l.csv", f"source,target,weight\na,b,1\nb,c,{10**7}\n")
    for _ in range(2):
        words = ("import", path, "--ledger", ledger, "--key", "bob", "--resume")
        assert "changed nothing" in invoke(*words, code=ExitCode.REFUSED).stderr


def height(ledger: Path) -> int:
    """That of the last block."""
    with focusmesh.open(ledger) as graph:
        return graph.height


def weights(ledger: Path) -> float:
    """Those of all links together."""
    with focusmesh.open(ledger) as graph:
        return float(graph.to_scipy().sum())


# Many small blocks instead of one, so that a kill strikes between some of them.
IN_SMALL_BLOCKS = """
from focusmesh.host.ledger import link_import
from focusmesh.interface.cli import main
link_import.SIGNALS_AT_A_TIME = 1
main()
"""


@contextmanager
def node(ledger: Path) -> Iterator[None]:
    """A node in a process of its own."""
    with subprocess.Popen(
        [*PROGRAM, "node", "start", ledger], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            while serving(Folder(ledger)) is None:
                assert process.poll() is None
                time.sleep(0.01)
            yield
        finally:
            process.terminate()


@pytest.mark.parametrize("through_node", [False, True])
def test_an_import_killed_again_and_again_ends_with_each_link_once(
    document: Document, new_ledger: NewLedger, tmp_path: Path, through_node: bool
) -> None:
    rows = "".join(f"p{i % 97},q{i % 89},{i % 9 + 1}\n" for i in range(3_000))
    path = written(tmp_path / "l.csv", "source,target,weight\n" + rows)
    ledger, random, there = new_ledger(operations_max=60), Random(through_node), list[int]()
    words = ["import", str(path), "--ledger", str(ledger), "--resume"]
    with node(ledger) if through_node else nullcontext():
        for _ in range(6 if SOAK else 2):
            with subprocess.Popen([sys.executable, "-c", IN_SMALL_BLOCKS, *words]) as process:
                wanted = height(ledger) + random.randint(1, 8)
                while process.poll() is None and height(ledger) < wanted:
                    time.sleep(0.02 * random.random())
                process.kill()
            there.append(height(ledger))
        done = document(*words)
    # On a busy machine a kill comes late, and the rest of the rounds find nothing to do.
    assert len(set(there)) > 1
    assert done["there"] + done["links"] == 3_000
    assert weights(ledger) == sum(i % 9 + 1 for i in range(3_000))


def test_many_links_are_many_signals_each_within_its_limits(
    document: Document, ledger: Path, tmp_path: Path
) -> None:
    rows = "".join(f"p{i % 3_000},p{(i * 7 + 1) % 3_000},{i % 9 + 1}\n" for i in range(9_000))
    path = written(tmp_path / "l.csv", "source,target,weight\n" + rows)
    done = document("import", path, "--ledger", ledger)
    assert done["links"] + done["left_out"] == 9_000
    assert (done["height"], done["signals"]) == (1, 2)
    with focusmesh.open(ledger) as graph:
        opened = graph._ledger
        assert isinstance(opened, OpenLedger)
        block = opened.chain.block(1)
        signals = [parse(wire).signal for wire in Body.decode(block.body, 1 << 28).signals]
        assert len(signals) == 2
        assert max(len(signal.operations) for signal in signals) <= OPERATIONS_MAX
        assert graph.particle_count == 3_000
        memory = Graph.read(path)
        assert graph.to_scipy().sum() == memory.to_scipy().sum()
