"""A watch rebuilds what nodes serve; whatever is not as it should be is found, and named first."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

import focusmesh
from focusmesh.errors import BlockError, FileError, InputError, ParameterError, ProofError
from focusmesh.host.monitor import NodeApi, Watch, metrics_text, rebuilt_node
from focusmesh.host.service import Service
from focusmesh.host.storage.ledger_folder import Folder, create
from focusmesh.host.storage.open_chains import OpenedChain
from focusmesh.kernel.block import Grant, Snapshots, StateRebuild
from focusmesh.kernel.focus import ChainFocus
from focusmesh.kernel.simulation import reference_model as independent
from focusmesh.kernel.state import MemoryStore, Parameters
from focusmesh.protocol.identity import SEAL_RANDOM_BYTES, SigningKey, seal_key
from tests.interface.server.conftest import served
from tests.ledger_fixtures import CHEAP, PASSPHRASE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.interface.server.conftest import Client


class ServedHere(NodeApi):
    """A node behind an application in this process; what it says can be twisted on the way."""

    def __init__(self, client: Client, name: str = "node") -> None:
        super().__init__(f"http://{name}")
        self._client = client
        self.twist: Callable[[str, bytes], bytes] = lambda _, data: data
        self.asked: list[str] = []

    def bytes_at(self, path: str) -> bytes:
        self.asked.append(path)
        answer = self._client.get(path)
        if answer.status_code != 200:
            raise FileError(f"{path}: {answer.json()['detail']}")
        return self.twist(path, answer.content)


def filled(ledger: Path) -> None:
    """Some blocks."""
    with focusmesh.open(ledger) as graph:
        graph.update([("a", "b"), ("b", "c"), ("c", "a", 2, "x")])
        graph.link("a", "d", 3)
        graph.update([(f"p{at}", f"p{at * 7 % 60}") for at in range(1, 60) if at % 10])


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A ledger of three blocks, the same for all tests: it is only read."""
    folder = tmp_path_factory.mktemp("watched")
    key = SigningKey(b"alice".ljust(32))
    parameters = Parameters(proposers=(key.public,), minters=(key.public,))
    grants = [Grant(key.public, 1_000, 10**12)]
    create(Folder(folder / "ledger"), "watched", parameters, grants, time=1_000)
    sealed = seal_key(
        key.seed, PASSPHRASE, bytes(SEAL_RANDOM_BYTES), public=key.public, costs=CHEAP
    )
    (folder / "keys").mkdir(mode=0o700)
    (folder / "keys" / "alice.key.json").write_bytes(sealed)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("FOCUSMESH_KEYS", str(folder / "keys"))
        patched.setenv("FOCUSMESH_PASSPHRASE", PASSPHRASE)
        filled(folder / "ledger")
        yield folder / "ledger"


@pytest.fixture(scope="module")
def pair(told: Path) -> Iterator[list[ServedHere]]:
    """Two servers, of the ledger and of a copy."""
    copy = told.with_name("copy")
    shutil.copytree(told, copy)
    with ExitStack() as opened:
        clients = [opened.enter_context(served(Service.open(path))) for path in (told, copy)]
        yield [ServedHere(client, f"node-{at}") for at, client in enumerate(clients)]


@pytest.fixture
def nodes(pair: list[ServedHere]) -> list[ServedHere]:
    """Both, telling the truth."""
    for node in pair:
        node.twist, node.asked = (lambda _, data: data), []
    return pair


@pytest.fixture
def node(nodes: list[ServedHere]) -> ServedHere:
    """The first of them."""
    return nodes[0]


def test_a_state_and_its_focus_are_rebuilt(node: ServedHere, told: Path) -> None:
    found = rebuilt_node(node)
    opened = OpenedChain.of(Folder(told))
    chain = opened.reading()
    with chain.state.at() as view:
        leaves = dict(view.scan())
        particles = view.sizes()[0]
    assert found.height == chain.height == 3
    assert found.block == chain.tip.id
    assert found.rebuilt.root == chain.tip.state_root == independent.plain_root(leaves)
    assert found.rebuilt.supply == independent.plain_supply(leaves)
    assert (found.rebuilt.particles, found.rebuilt.off <= found.rebuilt.bound) == (particles, True)
    opened.release()


def test_an_earlier_state_is_rebuilt(node: ServedHere) -> None:
    assert rebuilt_node(node, 1).rebuilt.particles == 3
    with pytest.raises(FileError, match="there is no state of block 9"):
        rebuilt_node(node, 9)


def test_a_ledger_without_particles_is_rebuilt(ledger: Path) -> None:
    with served(Service.open(ledger)) as client:
        found = rebuilt_node(ServedHere(client))
    assert (found.height, found.rebuilt.particles, found.rebuilt.off) == (0, 0, 0.0)


def _other_byte(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def _field(
    path_part: str, name: str, change: Callable[[Any], Any]
) -> Callable[[str, bytes], bytes]:
    """Twists one field of the answers whose path has ``path_part``."""

    def twist(path: str, data: bytes) -> bytes:
        if path_part not in path:
            return data
        answer = json.loads(data)
        answer[name] = change(answer[name])
        return json.dumps(answer).encode()

    return twist


def _last_digit(text: str) -> str:
    return text[:-1] + ("0" if text[-1] != "0" else "1")


TWISTS: dict[str, tuple[Callable[[str, bytes], bytes], str | None]] = {
    "a page": (lambda path, data: _other_byte(data) if "/3/" in path else data, "snapshot-page"),
    "no page": (lambda path, data: b"" if "/3/" in path else data, "snapshot-page"),
    "the manifest": (_field("/v1/snapshot", "manifest", _last_digit), "snapshot-manifest"),
    "the header": (_field("/v1/snapshot", "header_bytes", _last_digit), "difference"),
    "the signature": (_field("/v1/blocks/3", "proof", _last_digit), "proof"),
    "the id": (_field("/v1/blocks/3", "id", _last_digit), "difference"),
    "the parameters": (_field("/v1/proof", "value", _last_digit), None),
    "the proof": (_field("/v1/proof", "proof", _last_digit), None),
    "no hexadecimal": (_field("/v1/snapshot", "manifest", lambda _: "x"), "answer"),
    "no answer": (lambda path, data: b"[1]" if "proof" in path else data, "answer"),
}


@pytest.mark.parametrize("name", TWISTS)
def test_whatever_is_twisted_is_found(node: ServedHere, name: str) -> None:
    twist, code = TWISTS[name]

    def only_pages(path: str, data: bytes) -> bytes:
        # The manifest's own path has no number behind.
        is_manifest = path.startswith("/v1/snapshot") and path.count("/") == 2
        return data if "/3/" in path and is_manifest else twist(path, data)

    node.twist = only_pages
    with pytest.raises((ProofError, BlockError)) as refused:
        rebuilt_node(node)
    assert code is None or refused.value.code == code


@pytest.mark.parametrize("at", range(3), ids=["h", "leaders", "trace"])
def test_a_certificate_of_another_focus_is_found(
    node: ServedHere, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    real = ChainFocus.measure

    def other(focus: ChainFocus) -> tuple[Any, ...]:
        found: list[Any] = list(real(focus))
        found[at] = 0 if at == 0 else bytes([1]) * 32
        return tuple(found)

    monkeypatch.setattr(ChainFocus, "measure", other)
    with pytest.raises(BlockError) as refused:
        rebuilt_node(node)
    assert refused.value.code == "focus-certificate"


def test_without_the_roots_a_wrong_supply_is_found(
    node: ServedHere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("focusmesh.kernel.block.snapshot.rebuild.read_supply", lambda _: 1)
    with pytest.raises(BlockError, match="accounts add up to") as refused:
        rebuilt_node(node)
    assert refused.value.code == "supply"


def test_a_root_of_other_leaves_is_found(node: ServedHere, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "focusmesh.kernel.block.snapshot.rebuild.recomputed_root", lambda _: bytes(32)
    )
    with pytest.raises(BlockError) as refused:
        rebuilt_node(node)
    assert refused.value.code == "state-root"


def test_contents_are_not_asked_for(node: ServedHere) -> None:
    rebuilt_node(node)
    pages = [path for path in node.asked if path.startswith("/v1/snapshot/")]
    assert json.loads(node.bytes_at("/v1/snapshot"))["pages"] > len(pages) > 2


class TestSeveral:
    """Nodes that are looked at together."""

    def test_all_hold(self, nodes: list[ServedHere]) -> None:
        watch = Watch(nodes)
        look = watch.look()
        assert look.holds
        assert [node.height for node in look.nodes] == [3, 3]
        assert look.compared == 8
        text = metrics_text(look, watch)
        assert 'focusmesh_monitor_holds{node="http://node-1"} 1' in text
        assert "focusmesh_monitor_looks_total 1" in text

    def test_another_block_of_one_height_is_named(self, nodes: list[ServedHere]) -> None:
        def other(path: str, data: bytes) -> bytes:
            if not path.startswith("/v1/blocks?"):
                return data
            answer = json.loads(data)
            answer["items"][1]["id"] = "00" * 32
            answer["items"][0]["state_root"] = "00" * 32
            return json.dumps(answer).encode()

        nodes[1].twist = other
        look = Watch(nodes).look()
        assert [node.holds for node in look.nodes] == [True, False]
        assert look.nodes[1].code == "difference"
        # What differs first: block 2, before the state of block 3.
        assert look.nodes[1].differs.startswith(
            "block 2 is 0000000000000000 here, http://node-0 said"
        )

    def test_a_node_that_loses_blocks_is_named(self, nodes: list[ServedHere]) -> None:
        watch = Watch(nodes)
        watch.look()

        def shorter(path: str, data: bytes) -> bytes:
            answer = json.loads(data) if path.startswith("/v1/blocks?") else None
            return (
                data
                if answer is None
                else json.dumps(answer | {"items": answer["items"][1:]}).encode()
            )

        nodes[0].twist = shorter
        look = watch.look()
        assert (
            look.nodes[0].differs
            == "the node lost blocks: it had block 3, and its last one now is 2"
        )
        assert (watch.differences, look.nodes[1].holds) == (1, True)

    def test_a_silent_node_is_no_difference(self, nodes: list[ServedHere]) -> None:
        def silent(path: str, data: bytes) -> bytes:
            raise FileError("does not answer")

        nodes[0].twist = silent
        watch = Watch(nodes)
        look = watch.look()
        assert [node.holds for node in look.nodes] == [None, True]
        assert (look.holds, watch.silences, watch.differences) == (False, 1, 0)
        assert 'focusmesh_monitor_up{node="http://node-0"} 0' in metrics_text(look, watch)
        assert 'focusmesh_monitor_holds{node="http://node-0"}' not in metrics_text(look, watch)

    def test_what_is_remembered_is_bounded(
        self, nodes: list[ServedHere], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("focusmesh.host.monitor.watch.BLOCKS_AT_ONCE", 2)
        look = Watch(nodes).look()
        assert (look.compared, look.holds) == (4, True)


def test_a_chain_that_goes_on_meanwhile_is_no_difference(ledger: Path) -> None:
    """The snapshot stays as it is while blocks are made."""
    filled(ledger)
    with served(Service.open(ledger)) as client:
        node = ServedHere(client)

        def and_a_block(path: str, data: bytes) -> bytes:
            if path == "/v1/snapshot":
                with focusmesh.open(ledger) as graph:
                    graph.link("q", "r")
            return data

        node.twist = and_a_block
        assert rebuilt_node(node).height == 3
        node.twist = lambda _, data: data
        assert rebuilt_node(node).height == 4


def test_a_url_that_is_none_is_refused() -> None:
    with pytest.raises(ParameterError, match="not an address"):
        NodeApi("ftp://x")


def test_pages_are_to_be_whole(told: Path) -> None:
    opened = OpenedChain.of(Folder(told))
    chain = opened.reading()
    with Snapshots(chain) as snapshot:
        rebuilding = StateRebuild(
            MemoryStore(), snapshot.header, snapshot.manifest, chain.parameters
        )
        with pytest.raises(InputError, match="not all pages"):
            rebuilding.finish()
    opened.release()
