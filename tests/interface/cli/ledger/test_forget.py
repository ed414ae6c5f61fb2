"""A text that is forgotten is in no file of the ledger's folder; what was proved before is as true as it was."""

from __future__ import annotations

import io
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

import pytest

import focusmesh
from focusmesh.errors import InputError, SignalError
from focusmesh.host.spool import Spool
from focusmesh.host.storage.archives import export_archive, import_archive
from focusmesh.host.storage.ledger_folder import Folder, operations
from focusmesh.host.storage.open_chains import OpenedChain
from focusmesh.ids import digest, to_cid
from focusmesh.interface.cli.shared.failures import ExitCode
from focusmesh.kernel.block import ArchiveWriter, read_archive, verify_chain
from focusmesh.kernel.session import Signer, put_step
from focusmesh.kernel.state.store.lmdb.heap import Heap
from focusmesh.protocol.world import SameProcess
from tests.interface.cli.conftest import PROGRAM
from tests.kernel.state.store.traces import traces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any

    from focusmesh.protocol.identity import SigningKey
    from tests.interface.cli.conftest import Invoke
    from tests.ledger_fixtures import NewKey, NewLedger

    Document = Callable[..., dict[str, Any]]

SECRET = "Ada Lovelace, 12 St James's Square, tel. 555 0100"
CID = to_cid(digest(SECRET.encode()))
LETTER = b"".join(b"page %d of what Ada wrote to Babbage. " % page for page in range(20_000))
NEIGHBOURS = [(f"ticket {number}", f"ticket {number % 7}") for number in range(8, 3_000)]


@contextmanager
def chain_of(ledger: Path) -> Iterator[OpenedChain]:
    """The chain in a folder, to read."""
    shared = OpenedChain.of(Folder(ledger))
    try:
        yield shared
    finally:
        shared.release()


@contextmanager
def serving(ledger: Path) -> Iterator[None]:
    """A node of its own on the ledger."""
    command = [*PROGRAM, "node", "start", str(ledger), "--key", "alice", "--interval", "0"]
    node = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert node.stderr is not None
    assert "Ctrl-C" in node.stderr.readline()
    try:
        yield
    finally:
        node.terminate()
        _, said = node.communicate(timeout=60)
    assert node.returncode == 0, said


@pytest.fixture
def filled(ledger: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with a secret and a letter among thousands of neighbours; bob links them too. Made once, then copied."""
    made = tmp_path_factory.getbasetemp() / "filled for forgetting"
    if not made.exists():
        with focusmesh.open(ledger) as graph:
            graph.update(NEIGHBOURS[:1_500])
            graph.update(
                [(SECRET, "ticket 1"), ("ticket 2", SECRET, 2), (SECRET, "ticket 1", 1, "by")]
            )
            graph.put(LETTER)
            graph.update(NEIGHBOURS[1_500:])
            graph.link(digest(LETTER), SECRET)
        with focusmesh.open(ledger, "bob") as graph:
            graph.link("ticket 3", SECRET)
        shutil.copytree(ledger, made)
    shutil.rmtree(ledger)
    shutil.copytree(made, ledger)
    return ledger


@pytest.mark.parametrize("through_node", [False, True], ids=["own blocks", "a node"])
def test_what_was_forgotten_is_in_no_file(
    filled: Path, document: Document, invoke: Invoke, tmp_path: Path, through_node: bool
) -> None:
    assert traces(filled, SECRET.encode())
    assert traces(filled, LETTER)
    invoke("query", "link", SECRET, "ticket 1", "--receipt", tmp_path / "r.json")
    (tmp_path / "h.json").write_text(invoke("chain", "header").stdout)
    with serving(filled) if through_node else nullcontext():
        done = document("forget", SECRET)
        assert (done["code"], done["content_bytes"], done["links"]) == ("ok", len(SECRET), 4)
        assert (done["links_of_others"], done["waiting"], done["particle"]) == (1, 0, CID)
        assert document("tx", "forget", to_cid(digest(LETTER)))["links"] == 0
    assert traces(filled, SECRET.encode()) == traces(filled, LETTER) == []
    assert "valid" in invoke("verify", tmp_path / "r.json", "--header", tmp_path / "h.json").stdout
    invoke("chain", "verify")
    with focusmesh.open(filled) as graph:
        assert graph.content(SECRET) is None
        assert digest(SECRET.encode()) in [name for name, _ in graph.successors("ticket 3")]
        assert graph.weight("ticket 2999", "ticket 3") == 1.0


def test_without_the_zeros_it_is_found(
    filled: Path, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Heap, "_erase", lambda *_: None)
    document("forget", SECRET)
    assert {place.partition(":")[0] for place in traces(filled, SECRET.encode())} == {
        "store/contents.heap"
    }


KILLED = """
import os, signal
from focusmesh.kernel.state.store.lmdb.heap import Heap
Heap._erase = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
from focusmesh.interface.cli import main
main()
"""


def test_a_kill_between_the_block_and_the_wiping(filled: Path, document: Document) -> None:
    """The next process that writes does what the killed one had still to do; until then nobody is shown the text."""
    killed = subprocess.run([sys.executable, "-c", KILLED, "forget", SECRET], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert traces(filled, SECRET.encode())
    with focusmesh.open(filled) as graph:
        assert graph.content(SECRET) is None
    document("tx", "link", "ticket 1", "ticket 5")
    assert traces(filled, SECRET.encode()) == []


def test_a_graph_that_is_open_lets_go_of_it(filled: Path) -> None:
    with focusmesh.open(filled) as graph, focusmesh.open(filled, "bob") as other:
        assert SECRET in graph.particles
        assert SECRET in [item.particle for item in other.context(["ticket 1"], k=99)]
        graph.forget(SECRET)
        assert other.refresh()
        for each in (graph, other, graph.at(1), graph.at(graph.height - 1)):
            assert SECRET not in each.particles
        assert SECRET not in [item.particle for item in other.context(["ticket 1"], k=99)]
        assert graph.content(SECRET) is None
        with pytest.raises(SignalError, match=f"{CID} was forgotten at height") as again:
            graph.forget(SECRET)
        assert again.value.code == "absent"
        graph.link(SECRET, "ticket 1")
        assert graph.content(CID) == SECRET.encode()
        graph.forget(CID)
    assert traces(filled, SECRET.encode()) == []


@pytest.mark.usefixtures("filled")
def test_what_stays_is_counted(document: Document, invoke: Invoke) -> None:
    document("tx", "link", "ticket 1", "ticket 2", "--relation", SECRET)
    document("tx", "property", SECRET, "kind", "person", "--key", "bob")
    told = invoke("forget", SECRET)
    assert told.stdout == f"{CID}  block {told.stdout.split()[-1]}\n"
    assert told.stderr.splitlines() == [
        f"gone: {len(SECRET)} bytes and 4 links of yours · fee 0",
        "still there, under the CID alone: links of others 1, links that have it as their relation 1, properties 1",
        "not reached: exports, backups and receipts made before, and what others copied",
    ]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((SECRET, "--key", "bob"), ExitCode.REFUSED, "only that key can have it forgotten"),
        (("never said",), ExitCode.REFUSED, "this ledger has no content of bafk"),
        (("x" * 5_000,), ExitCode.INPUT, "a name has 1 to 4,096 bytes"),
    ],
)
def test_what_cannot_be_forgotten_makes_no_block(
    filled: Path, invoke: Invoke, words: tuple[str, ...], code: ExitCode, said: str
) -> None:
    with chain_of(filled) as shared:
        before = shared.reading().height
    assert said in invoke("forget", *words, code=code).stderr
    with chain_of(filled) as shared:
        assert shared.reading().height == before


def test_the_author_is_the_first_key(filled: Path, invoke: Invoke, new_key: NewKey) -> None:
    new_key("ada")
    invoke("tx", "rotate", "ada", "--key", "bob")
    with focusmesh.open(filled, "ada") as graph:
        graph.link("bob's own words about Ada", "ticket 1")
    new_key("augusta")
    invoke("tx", "rotate", "augusta", "--key", "ada")
    invoke("forget", "bob's own words about Ada", "--key", "augusta")
    assert traces(filled, b"bob's own words about Ada") == []
    with focusmesh.open(filled) as graph:
        assert digest(b"bob's own words about Ada") in graph.particles


def test_more_links_than_a_signal_holds(new_ledger: NewLedger) -> None:
    ledger = new_ledger(operations_max=3)
    with focusmesh.open(ledger) as graph:
        for number in range(8):
            graph.link(SECRET, f"ticket {number}")
        graph.forget(SECRET)
        assert graph.link_count == 0
    assert traces(ledger, SECRET.encode()) == []


def test_links_are_taken_back_where_no_bandwidth_is_left(
    new_ledger: NewLedger, document: Document, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forgetting takes one unit, however many links there are: listed in it, each would take one too."""
    monkeypatch.setenv("FOCUSMESH_LEDGER", str(new_ledger(bandwidth_stake=10**6 // 12)))
    for name in "abc":
        document("tx", "link", SECRET, name, "--key", "bob")
    over = invoke("tx", "link", SECRET, "d", "--key", "bob", code=ExitCode.REFUSED)
    assert "3 units of bandwidth, and 1 are left" in over.stderr
    assert document("forget", SECRET, "--key", "bob")["links"] == 3


def test_exports_have_it_no_more(filled: Path, tmp_path: Path) -> None:
    before, after = tmp_path / "before.chain", tmp_path / "after.chain"
    for path in (before, after):
        with chain_of(filled) as shared, path.open("wb") as stream:
            export_archive(shared.reading(), stream)
        with focusmesh.open(filled) as graph:
            if path == before:
                graph.forget(SECRET)
    assert SECRET.encode() in before.read_bytes()
    assert SECRET.encode() not in after.read_bytes()
    import_archive(before, Folder(tmp_path / "old"), SameProcess())
    assert traces(tmp_path / "old", SECRET.encode())


def test_an_archive_that_still_has_it_leaves_a_ledger_without(filled: Path, tmp_path: Path) -> None:
    """An archive that was put together of an older one and the blocks since."""
    whole = io.BytesIO()
    with chain_of(filled) as shared:
        export_archive(shared.reading(), whole)
    contents = [list(kept.values()) for _, kept, _ in read_archive(io.BytesIO(whole.getvalue()))[1]]
    with focusmesh.open(filled) as graph:
        graph.forget(SECRET)
    together = tmp_path / "together.chain"
    with chain_of(filled) as shared, together.open("wb") as stream:
        chain = shared.reading()
        archive = ArchiveWriter(stream, chain.genesis)
        for height in range(1, chain.height + 1):
            archive.add(chain.block(height), contents[height - 1] if height < chain.height else ())
        archive.close()
    assert SECRET.encode() in together.read_bytes()
    import_archive(together, Folder(tmp_path / "copy"), SameProcess())
    assert traces(tmp_path / "copy", SECRET.encode()) == []
    with chain_of(tmp_path / "copy") as shared:
        verified = verify_chain(shared.store, operations())
        assert verified.height == shared.reading().height


def test_signals_that_wait_with_it_are_refused(filled: Path, bob: SigningKey) -> None:
    """They were left for a node that ended while this process writes; so were the remains of one that died at it."""
    spool = Spool(Folder(filled).spool)
    with chain_of(filled) as shared:
        signer = Signer(bob, shared.reading().network, shared.reading().parameters)
        steps = [[put_step(SECRET.encode()), put_step(b"more")], [put_step(b"what else bob says")]]
        carrying, other = (
            packet
            for nonce, each in enumerate(steps, 1)
            for packet in signer.packets(signer.batches(each, lambda _: False), nonce, height=5)
        )
    ended = subprocess.Popen(["true"])
    ended.wait()
    with focusmesh.open(filled) as graph:
        graph.link("ticket 1", "ticket 5")
        for packet in (carrying, other):
            spool.leave(packet)
        # An older focusmesh died at writing it.
        (spool.folder / f".{'0' * 64}.signal.{ended.pid}").write_bytes(SECRET.encode())
        assert spool.carrying(digest(SECRET.encode())) == 1
        graph.forget(SECRET)
    assert traces(filled, SECRET.encode()) == []
    assert spool.read(1 << 20) == [other]
    refusal = spool.refusal(carrying.id)
    assert refusal is not None
    assert refusal.code == "content"
    assert not list(spool.folder.glob(".*"))


def test_the_store_before_an_upgrade_goes_too(filled: Path) -> None:
    shutil.copytree(filled / "store", filled / "store.before-upgrade")
    with focusmesh.open(filled) as graph:
        graph.link("ticket 1", "ticket 5")
        assert (filled / "store.before-upgrade").exists()
        graph.forget(SECRET)
    assert not (filled / "store.before-upgrade").exists()
    assert traces(filled, SECRET.encode()) == []


def test_what_names_nothing_is_refused(filled: Path) -> None:
    with focusmesh.open(filled) as graph, pytest.raises(InputError, match="cannot name a particle"):
        graph.forget(7)
