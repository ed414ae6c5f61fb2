"""Operators in rules that strangers post: seeds by CID, and arguments that no one should give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import focusmesh as fm
from focusmesh.host.service import Service
from focusmesh.ids import to_cid
from tests.interface.server.conftest import keyring, letters, served, told

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interface.server.conftest import Client

__all__ = ["keyring", "letters", "told"]


def ask(client: Client, rules: str, status: int = 200, **asked: Any) -> Any:
    answer = client.post("/v1/rules", json={"rules": rules, **asked})
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_particle_without_text_is_a_seed_by_its_cid(told: Path) -> None:
    digest = b"\1" * 32
    cid = to_cid(digest)
    with fm.open(told) as graph:
        graph.link(digest, "a", 1)
    rules = f'near(p, d) :- @distances[seeds="{cid}", within=1](p, d).'
    with served(Service.open(told)) as client:
        assert ask(client, rules)["relations"][0]["rows"] == [[cid, 0.0], ["a", 1.0]]
        asked = {"rules": rules, "fact": f'near("{cid}", 0.0)'}
        proof = client.post("/v1/why", json=asked).json()["proof"]
    with fm.open(told) as graph:
        fm.read_proof(proof).verify(graph)


@pytest.mark.parametrize(
    ("call", "status", "words"),
    [
        ("@label_propagation[rounds=1001](p, _)", 400, "rounds is at most 1,000"),
        ("@label_propagation[rounds=-1](p, _)", 400, "rounds is at least 0"),
        ("@label_propagation[rounds=99999999999999999999](p, _)", 400, "does not fit in 64 bits"),
        ('@distances[seeds="none"](p, _)', 404, "no particle is named 'none'"),
        ('@distances[seeds="\\ud83d"](p, _)', 404, "no particle is named"),
        (f'@distances[seeds="{"é" * 30_000}"](p, _)', 404, "no particle is named"),
        ("@distances[seeds=axon](p, _)", 400, "axon has 3"),
        ("@context[seeds=particle, beta=2](p, _, _)", 400, "beta is at most 1"),
        ("@focus[tolerance=0](p, _, _)", 400, "tolerance is at least 1e-12"),
        ("@nothing(p)", 400, "no operator is named @nothing"),
    ],
)
def test_what_is_wrong_with_an_operator_is_said(
    client: Client, call: str, status: int, words: str
) -> None:
    assert words in str(ask(client, f"p(p) :- {call}.", status))


def test_a_million_seeds_and_a_thousand_rounds_end_at_their_limits(client: Client) -> None:
    text = "n(0). n(x + 1) :- n(x), x < 1000000. p(q) :- @distances[seeds=n](q, _)."
    found = ask(client, text, partial=True)
    assert (found["complete"], found["stopped"][:27]) == (False, "more than 100,000 derived r")
    assert ask(client, "p(q) :- @label_propagation[rounds=1000](q, _).")["complete"]


@pytest.fixture
def client(tmp_path: Path) -> Any:
    fm.Graph.from_edges([("a", "b"), ("b", "c"), ("c", "a")]).save(tmp_path / "g.focusmesh")
    with served(Service.open(tmp_path / "g.focusmesh")) as client:
        yield client
