"""Every method answers what HTTP answers: they ask the same service."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.json_format import MessageToDict

from focusmesh.errors import ProofError
from focusmesh.host.service import Service
from focusmesh.host.storage.ledger_folder import Folder
from focusmesh.host.storage.open_chains import OpenedChain
from focusmesh.interface.server.grpc import GrpcError
from focusmesh.kernel.receipts import Receipt, verify_receipt
from focusmesh.kernel.state import account_key, decode_proof, verify_membership
from tests.host.nodes import Node, until
from tests.interface.server.grpc.conftest import served

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.protocol.identity import SigningKey
    from tests.interface.server.grpc.conftest import Both


def as_http(message: Any) -> Any:
    """A message as HTTP would have it: numbers as numbers, words for enumerations."""
    return _plain(
        MessageToDict(
            message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
        )
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"names"}:
            return value["names"]
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, str):
        return int(value) if value.isdecimal() else value.removeprefix("EFFORT_").lower()
    return value


def present(value: Any) -> Any:
    """What HTTP says, less what it says is null: messages leave that out."""
    if isinstance(value, dict):
        return {name: present(one) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return [present(one) for one in value]
    return value.lower() if isinstance(value, str) else value


SAME: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("GetStatus", {}, "status", {}),
    ("Rank", {}, "rank", {}),
    ("Rank", {"top": 2}, "rank", {"top": 2}),
    ("Rank", {"particles": ["delta", "alpha"]}, "rank", {"particle": ["delta", "alpha"]}),
    ("Context", {"seeds": ["beta"]}, "context", {"seed": "beta"}),
    (
        "Context",
        {"seeds": ["beta", "gamma"], "top": 2, "beta": 0.0, "effort": "EFFORT_EXACT"},
        "context",
        {"seed": ["beta", "gamma"], "top": 2, "beta": 0, "effort": "exact"},
    ),
    ("Recall", {"question": "letter"}, "recall", {"question": "letter"}),
    (
        "Recall",
        {"question": "letter", "why": True, "relation": ["before"], "mmr": 0.5},
        "recall",
        {"question": "letter", "why": True, "relation": "before", "mmr": 0.5},
    ),
    ("Recall", {"seeds": ["beta"], "top": 1}, "recall", {"from": "beta", "top": 1}),
    (
        "Recall",
        {"question": "letter", "budget_tokens": 9},
        "recall",
        {"question": "letter", "budget_tokens": 9},
    ),
    ("Ask", {"question": "letter", "seed": 3}, "ask", {"question": "letter", "seed": 3}),
    (
        "Explain",
        {"target": "gamma", "seeds": ["alpha"], "walks": 2},
        "explain",
        {"target": "gamma", "from": "alpha", "walks": 2},
    ),
    ("Walk", {"seeds": ["alpha"], "steps": 3}, "walk", {"from": "alpha", "steps": 3}),
    ("GetParticle", {"particle": "alpha"}, "particle", {"particle": "alpha"}),
    ("ListParticles", {"limit": 3}, "particles", {"limit": 3}),
    ("ListLinks", {}, "links", {}),
    ("ListLinks", {"relation": "rhymes"}, "links", {"relation": "rhymes"}),
    (
        "ListLinks",
        {"particle": "alpha", "direction": "DIRECTION_IN"},
        "links",
        {"particle": "alpha", "direction": "in"},
    ),
]


@pytest.mark.parametrize(("method", "fields", "path", "query"), SAME)
def test_answers_are_those_of_http(
    both: Both, method: str, fields: dict[str, Any], path: str, query: dict[str, Any]
) -> None:
    said = both.http.get(f"/v1/{path}", params=query).json()
    answer = getattr(both.grpc, method)(**fields)
    assert as_http(answer) == present(said)


def test_a_ledger_answers_the_same(ledger_both: Both) -> None:
    calls, http = ledger_both.grpc, ledger_both.http
    neuron = calls.GetBlock(height=1).signals[0].neuron
    same: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
        ("GetStatus", {}, "status", {}),
        ("Rank", {"at": 1}, "rank", {"at": 1}),
        ("GetParticle", {"particle": "a", "at": 1}, "particle", {"particle": "a", "at": 1}),
        ("ListBlocks", {"limit": 2}, "blocks", {"limit": 2}),
        ("GetAccount", {"neuron": neuron}, "account", {"neuron": neuron}),
        ("GetWeight", {"neuron": neuron}, "weight", {"neuron": neuron}),
    ]
    for method, fields, path, query in same:
        said = http.get(f"/v1/{path}", params=query).json()
        assert as_http(getattr(calls, method)(**fields)) == present(said), method
    block, said = calls.GetBlock(height=1), http.get("/v1/blocks/1").json()
    assert block.header_bytes.hex() == said["header_bytes"]
    assert (block.id, block.proof.hex()) == (said["id"], said["proof"])
    assert as_http(block)["signals"] == present(said["signals"])
    assert calls.GetContent(particle="a").content == b"a"


def test_pages_are_of_one_moment(both: Both, ledger_both: Both) -> None:
    for calls, at in ((both.grpc, {}), (ledger_both.grpc, {"at": 1})):
        first = calls.Rank(top=1, **at)
        second = calls.Rank(top=1, cursor=first.cursor)
        assert (second.items[0].rank, second.root) == (2, first.root)
        listed, page = [], None
        while page is None or page.HasField("cursor"):
            page = calls.ListLinks(limit=2, **({} if page is None else {"cursor": page.cursor}))
            listed += page.items
        assert listed == list(calls.ListLinks().items)


def test_receipts_and_proofs_hold(ledger_both: Both, told: Path) -> None:
    calls = ledger_both.grpc
    shared = OpenedChain.of(Folder(told))
    chain = shared.reading()
    for answer in (
        calls.ProveRank(top=2),
        calls.ProveRank(particles=["a", "c"]),
        calls.ProveLink(source="c", target="a"),
        calls.ProveContext(seeds=["a"], top=3),
    ):
        receipt = Receipt.from_json(answer.receipt)
        assert verify_receipt(receipt, chain.header(receipt.height), chain).receipt == receipt
        assert (answer.root, answer.height) == (receipt.state_root, receipt.height)
        assert json.loads(answer.receipt)["height"] == answer.height
    shared.release()
    key = account_key(bytes.fromhex(calls.GetBlock(height=1).signals[0].neuron))
    proof = calls.GetProof(key=key)
    root = bytes.fromhex(proof.root)
    verify_membership(root, decode_proof(proof.proof), key, proof.value)
    with pytest.raises(ProofError):
        verify_membership(root, decode_proof(proof.proof), key, b"another value")
    assert not calls.GetProof(key=b"\0").HasField("value")


def test_a_signal_is_taken_once(ledger: Path, alice: SigningKey, bob: SigningKey) -> None:
    node = Node(ledger, alice)
    with served(Service.open(ledger)) as both:
        packet = node.signed(bob, 0).encode()
        with pytest.raises(GrpcError) as failed:
            both.grpc.PostSignal(packet=packet)
        assert (failed.value.status, failed.value.code) == ("UNAVAILABLE", "unavailable")
        with pytest.raises(GrpcError) as failed:
            both.grpc.PostSignal(packet=b"no packet")
        assert (failed.value.status, failed.value.code) == ("FAILED_PRECONDITION", "malformed")
        with pytest.raises(GrpcError) as failed:
            both.grpc.GetSignal(id="ab" * 32)
        assert (failed.value.status, failed.value.code) == ("NOT_FOUND", "not-there")
        node.spool.leave(node.signed(bob, 0))
        node.producer.step()
        until(lambda: both.grpc.GetStatus().tip == 1)
        signal = both.grpc.GetBlock(height=1).signals[0]
        assert both.grpc.GetSignal(id=signal.id, wait_seconds=5).signal == signal
        assert both.grpc.PostSignal(packet=packet).signal == signal
    node.shared.release()


def test_exports_are_whole(both: Both, ledger_both: Both) -> None:
    for calls in (both.grpc, ledger_both.grpc):
        links = [link for part in calls.ExportLinks() for link in part.items]
        assert links == list(calls.ListLinks().items)
        particles = [row for part in calls.ExportParticles() for row in part.items]
        assert [row.particle for row in particles] == list(calls.ListParticles().items)
        for row in particles:
            one = calls.GetParticle(particle=row.particle)
            assert (row.cid, row.text, row.score, row.rank) == (
                one.cid,
                one.text,
                one.score,
                one.rank,
            )
    (part,) = ledger_both.grpc.ExportLinks(at=1)
    assert part.height == 1
    assert len(part.items) == 3
