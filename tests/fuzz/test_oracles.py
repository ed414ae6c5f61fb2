"""Targets know what is true: with a check of focusmesh switched off, they say that something untrue was accepted."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from focusmesh.apps.bank.operations import transfers
from focusmesh.errors import CodecError
from focusmesh.kernel.receipts import context_check
from focusmesh.kernel.state import PageProof, encode_proof
from focusmesh.kernel.state.ics23 import verifier as ics23
from focusmesh.kernel.state.snapshot import pages as snapshot_page
from focusmesh.protocol.codec import canonical, encode
from tests.fuzz.targets.kernel import (
    blocks,
    commitment_proofs,
    receipts,
    row_proofs,
    snapshots,
    state_paths,
)
from tests.fuzz.targets.protocol import codec, envelopes
from tests.kernel.receipts.conftest import receipts as honest
from tests.kernel.state.tree.test_proofs import hidden


def test_a_forged_receipt(monkeypatch: pytest.MonkeyPatch) -> None:
    document = json.loads(honest()["a context by rows"].to_json())
    document["result"]["items"][0]["score"] = 0.9
    forged = json.dumps(document).encode()
    assert not receipts.check(forged)
    monkeypatch.setattr(context_check, "check_items", lambda proved, claimed: None)
    with pytest.raises(AssertionError, match="more than"):
        receipts.check(forged)


def test_a_hidden_key(monkeypatch: pytest.MonkeyPatch) -> None:
    root, proof, key = hidden()
    monkeypatch.setattr(commitment_proofs, "_tree", lambda: (_Root(root), {key: b"a value"}))
    monkeypatch.setattr(commitment_proofs, "_said", lambda proof: [(key, b"")])
    assert commitment_proofs.check(encode_proof(proof))
    monkeypatch.setattr(ics23, "are_neighbours", lambda *_: True)
    with pytest.raises(AssertionError, match="is there"):
        commitment_proofs.check(encode_proof(proof))


class _Root:
    def __init__(self, root: bytes) -> None:
        self.root = root


def test_two_forms_of_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not codec.check(b"\x18\x05")
    monkeypatch.setattr(codec, "decode", lambda data, **_: data)
    with pytest.raises(AssertionError, match="the two readers differ"):
        codec.check(b"\x18\x05")


def test_readers_that_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode([1, 2])
    assert codec.check(data)

    def refusing(data: bytes, depth_max: int) -> Any:
        raise CodecError("no")

    monkeypatch.setattr(canonical, "_quick", lambda: None)
    monkeypatch.setattr(canonical, "read", refusing)
    with pytest.raises(CodecError):
        codec.check(data)


def test_a_page_of_another_row(monkeypatch: pytest.MonkeyPatch) -> None:
    _, value, _, _ = row_proofs._row()
    axon = next(seed for seed in row_proofs.seeds() if seed[0] == row_proofs._AXON)
    other = axon[:1] + axon[1:32] + bytes([axon[32] ^ 1]) + axon[33:]
    lying = other[:1] + row_proofs._row()[0].targets[0].tobytes() + b"\0\0"
    assert not row_proofs.check(lying)
    root = value[24:56] + value[16:24]
    monkeypatch.setattr(PageProof, "root", lambda self, shape, key: root)
    with pytest.raises(AssertionError):
        row_proofs.check(lying)


def test_a_key_that_is_denied(monkeypatch: pytest.MonkeyPatch) -> None:
    lying = bytes([1, 3, 3, 3]) + b"\0"
    assert not state_paths.check(lying)
    monkeypatch.setattr(state_paths, "read_root", lambda asked, body: state_paths._TREE.root)
    with pytest.raises(AssertionError, match="is not so"):
        state_paths.check(lying[:4])


def test_a_state_that_lacks_a_leaf(monkeypatch: pytest.MonkeyPatch) -> None:
    links, entries = canonical.decode(snapshots.seeds()[1])
    lying = encode([links, entries[1:]])
    assert not snapshots.check(lying)
    root = np.frombuffer(snapshots.root(), dtype=np.uint8)[None]
    monkeypatch.setattr(snapshot_page, "subtree_hashes", lambda *_: (root, np.array([False])))
    with pytest.raises(AssertionError, match="was taken"):
        snapshots.check(lying)
    snapshots.begun.cache_clear()


def test_money_from_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    paying = blocks.seeds()[3]
    assert blocks.check(paying)

    def more(account: Any, **fields: int) -> Any:
        return structs.replace(account, **{name: value + 1 for name, value in fields.items()})

    monkeypatch.setattr(transfers, "changed", more)
    with pytest.raises(AssertionError):
        blocks.check(paying)


def test_content_beyond_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    large = envelopes.seeds()[-1]
    assert envelopes.check(large)
    monkeypatch.setattr(envelopes, "_CONTENT_BYTES_MAX", 1_000)
    assert not envelopes.check(large)
    monkeypatch.setattr(envelopes, "open_envelope", lambda *_: bytes(2_000))
    with pytest.raises(AssertionError):
        envelopes.check(large)
