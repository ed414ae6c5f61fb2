"""Proofs of namespaced trees against the traces that the celestiaorg/nmt repository publishes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from focusmesh.errors import ProofError
from focusmesh.kernel.availability import (
    NamespacedTree,
    NamespaceProof,
    prove_namespace,
    verify_namespace,
)

if TYPE_CHECKING:
    from tests.conftest import Vectors


def tree_of(namespaces: list[int]) -> NamespacedTree:
    """A tree whose i-th leaf says i, under namespaces of one byte."""
    names = np.array(namespaces, dtype=np.uint8)[:, None]
    return NamespacedTree.of(names, np.arange(len(namespaces), dtype=np.uint8)[:, None])


def states(text: str) -> list[dict[str, Any]]:
    """The states of a trace; one of the files has a comma behind the last."""
    found = json.JSONDecoder().raw_decode(text.replace("},\n]", "}\n]"))[0]["states"]
    return [state for state in found if state.get("state_v", "final") == "final"]


def proof_of(state: dict[str, Any], tree: NamespacedTree) -> NamespaceProof:
    """A node of a trace is named by the leaves below it and the range it says; what it hashes to is ours to fill in."""
    nodes = []
    for each in state["proof_v"]["supporting_hashes"]:
        below = [leaf["#tup"][1] for leaf in each["hash"]]
        above = NamespacedTree(tree.leaves[below]).root
        nodes.append(bytes([each["minNS"], each["maxNS"]]) + above[2:])
    return NamespaceProof(state["proof_v"]["start"], state["proof_v"]["end"], tuple(nodes))


@pytest.mark.parametrize("name", ["runTest.itf.json", "panicIssue.itf.json"])
def test_a_trace_holds_where_nothing_was_corrupted_and_nowhere_else(
    vectors: Vectors, name: str
) -> None:
    seen = set()
    for state in states(vectors(f"nmt/{name}").read_text()):
        leaves = sorted(
            (leaf["value"]["#tup"][1], leaf["namespaceId"])
            for _, leaf in state["tree_v"]["leaves"]["#map"]
        )
        namespaces = [namespace for _, namespace in leaves]
        tree, proof = tree_of(namespaces), proof_of(state, tree_of(namespaces))
        asked = bytes([state["namespace_v"]])
        start, stop = proof.start, proof.stop
        contents = [bytes([index]) for index in range(max(start, 0), max(stop, 0))]
        seen.add(state["corruption_type"])
        if state["corrupted"]:
            with pytest.raises(ProofError):
                verify_namespace(proof, tree.root, len(tree), asked, contents)
        else:
            verify_namespace(proof, tree.root, len(tree), asked, contents)
            assert proof == prove_namespace(tree, asked)
    assert seen >= {"", "namespace", "start", "end"} or "panic" in name


def test_the_scenarios_find_what_is_there(vectors: Vectors) -> None:
    cases = json.loads(vectors("nmt/scenario.json").read_text())["testCases"]
    assert len(cases) == 3
    for case in cases:
        for state in case["states"]:
            namespaces, asked = state["leaves_namespace_idx_v"], state["namespace_v"]
            tree = tree_of(namespaces)
            proof = prove_namespace(tree, bytes([asked]))
            contents = [bytes([at]) for at, each in enumerate(namespaces) if each == asked]
            assert bool(contents) == state["namespaceIdFound_v"]
            verify_namespace(proof, tree.root, len(tree), bytes([asked]), contents)
