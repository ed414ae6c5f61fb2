"""Rules over HTTP, GraphQL and gRPC: rows, proofs that a stranger verifies, limits, and what is refused."""

from __future__ import annotations

import asyncio
import json
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

import focusmesh as fm
from focusmesh.errors import ProofError
from focusmesh.host.service import Derive, Service, TimeLimitError
from focusmesh.host.settings import Settings
from focusmesh.interface.server.http import Server
from focusmesh.interface.server.shared import Metrics
from tests.interface.server.conftest import keyring, letters, told
from tests.interface.server.conftest import served as http_served
from tests.interface.server.grpc.conftest import failure, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from focusmesh.host.service import Moment
    from tests.interface.server.conftest import Client
    from tests.interface.server.grpc.conftest import Both

__all__ = ["keyring", "letters", "told"]

RULES = """reach(x, y) :- axon(x, y, _).
reach(x, z) :- reach(x, y), axon(y, z, _)."""
ENDLESS = "n(0). n(x + 1) :- n(x)."
LONG = (
    "d(0). d(1). d(2). d(3). d(4). d(5). d(6). d(7). d(8). d(9). "
    "r(n) :- n = count : { d(a), d(b), d(c), d(e), d(f), d(g), d(h), d(i) }."
)


@pytest.fixture
def both(told: Path) -> Iterator[Both]:
    with served(Service.open(told)) as clients:
        yield clients


@pytest.fixture
def client(both: Both) -> Client:
    return both.http


def derived(client: Client, status: int = 200, **asked: Any) -> Any:
    answer = client.post("/v1/rules", json={"rules": RULES, **asked})
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_ledger_answers_rules_as_of_a_block(client: Client) -> None:
    found = derived(client, relation=["reach"])
    (reach,) = found["relations"]
    assert found["complete"]
    assert (reach["columns"], reach["types"]) == (["x", "y"], ["particle", "particle"])
    assert reach["count"] == len(reach["rows"]) == 12
    assert ["b", "d"] in reach["rows"]
    before = derived(client, goal='reach("b", y)', at=found["height"] - 1)
    assert sorted(row[1] for row in before["relations"][0]["rows"]) == ["a", "b", "c"]
    assert before["height"] == found["height"] - 1
    few = derived(client, top=2)["relations"][0]
    assert (few["count"], len(few["rows"])) == (12, 2)


def test_what_bounds_leave_open_is_not_guessed(tmp_path: Path) -> None:
    fm.Graph.from_edges([("a", "b"), ("b", "c"), ("c", "a")]).save(tmp_path / "ring.focusmesh")
    above = "above(x, y) :- @focus(x, s, _), @focus(y, t, _), s > t."
    with http_served(Service.open(tmp_path / "ring.focusmesh")) as client:
        found = derived(client, rules=above)
    assert found["relations"][0]["rows"] == []
    (unsettled,) = found["unsettled"]
    assert unsettled["name"] == "above"
    assert ["a", "b"] in unsettled["rows"]
    assert ["b", "a"] in unsettled["rows"]


def test_what_is_posted_is_kept_by_nobody(client: Client) -> None:
    answer = client.post("/v1/rules", json={"rules": RULES}, headers={"If-None-Match": "*"})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert "etag" not in answer.headers


def test_base_relations_are_read_once_a_moment(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from focusmesh.engine import reasoning

    read: list[str] = []
    rows = reasoning.graph_rows

    def reading(graph: Any, name: str) -> Any:
        read.append(name)
        return rows(graph, name)

    monkeypatch.setattr(reasoning, "graph_rows", reading)
    derived(client)
    derived(client, goal='reach("a", y)')
    client.post("/v1/why", json={"rules": RULES, "fact": 'reach("a", "d")'})
    assert read == ["axon"]


def test_a_stranger_verifies_a_proof(client: Client, told: Path) -> None:
    asked = {"rules": RULES, "fact": 'reach("b", "d")', "minimal": True}
    found = client.post("/v1/why", json=asked).json()
    assert found["holds"]
    assert found["depth"] == 3
    assert found["text"].startswith('reach("b", "d")    by reach(x, z)')
    changed = json.loads(found["proof"])
    changed["steps"][0]["row"][1] = "z"
    with fm.open(told) as graph:
        fm.read_proof(found["proof"]).verify(graph)
        with pytest.raises(ProofError):
            fm.read_proof(json.dumps(changed)).verify(graph)


def test_what_does_not_follow_is_explained(client: Client) -> None:
    found = client.post("/v1/why", json={"rules": RULES, "fact": 'reach("d", "a")'}).json()
    assert (found["holds"], found["proof"]) == (False, None)
    first, second = found["failures"]
    assert (first["holds"], first["fails"]) == ([], 'axon("d", "a", _)')
    assert second["holds"] == ['axon("c", "a", 2.0)']
    assert second["fails"].startswith('reach("d", ')


def test_a_limit_is_told_and_a_partial_answer_says_so(client: Client) -> None:
    refused = derived(client, 422, rules=ENDLESS, rows=1_000)
    assert refused["code"] == "budget"
    assert "more than 1,000 derived rows, at the rule of n in line 1" in refused["detail"]
    found = derived(client, rules=ENDLESS, rows=1_000, partial=True, top=3)
    assert not found["complete"]
    assert "more than 1,000 derived rows" in found["stopped"]
    assert found["relations"][0]["rows"] == [[0], [1], [2]]
    assert derived(client, 422, rules=LONG, inferences=10_000)["code"] == "budget"
    assert derived(client, 422, rules=LONG, seconds=0.2)["code"] == "budget"
    big = "n(x, y, z) :- d(x), d(y), d(z). " + " ".join(f"d({at})." for at in range(99))
    refused = derived(client, 422, rules=big, memory_mib=8)
    assert "would make 970,299 rows or more" in refused["detail"], "before it begins"
    found = derived(client, rules=big, memory_mib=8, partial=True, top=1)
    assert "bytes of rows" in found["stopped"]


def test_the_time_of_a_server_leaves_room_for_a_partial_answer(letters: Path) -> None:
    with http_served(Service.open(letters), limits__answer_seconds=1.0) as client:
        found = derived(client, rules=f"{LONG} s(1).", partial=True)
        assert not found["complete"]
        assert "more than 0.8 s" in found["stopped"]


@pytest.mark.parametrize(
    ("asked", "code", "words"),
    [
        ({"rules": "p(x, y) :- q(x)."}, "rules", "1:6: y is not bound: add a positive atom with y"),
        ({"rules": "q(1).\np(x) :- q(x), !p(x)."}, "rules", "2:15: a cycle goes through"),
        ({"rules": "p(x) :- axon(x)."}, "rules", "1:9: axon has 3 columns; 1 terms are given"),
        ({"rules": "p(x) :- axom(x, _, _)."}, "rules", "1:9: no relation is named axom: did you"),
        ({"rules": "p(1.\n"}, "rules", "1:4: "),
        ({"rules": "p(x) :- name(x, s), s > 1."}, "rules", "1:21: a symbol is compared"),
        ({"rules": "p(" + "(" * 60_000}, "rules", "this is nested deeper than 200"),
        ({"rules": "é" * 40_000}, "rules", "the rules are longer than 64 KiB"),
        ({"rules": "x" * 70_000}, "parameter", "`str` of length <= 65536"),
        ({"rules": "", "goal": "p(x)"}, "parameter", "rules"),
        ({"rules": ".decl p(x: number) .input p"}, "rules", "1:27: .input reads files"),
        (
            {"rules": "p(x) :- name(x, s), n = count : { name(_, t), match(s, t) }, n > 0."},
            "rules",
            "1:47: match takes regular expressions",
        ),
        ({"rules": "q(1).\np(x) :- q(x), q(1 / 0)."}, "rules", "division by zero"),
        ({"goal": "reach(x"}, "rules", "arguments stand between commas"),
        ({"relation": ["rich"]}, "input", "no relation is named rich"),
        ({"at": 99}, "height", "99"),
        ({"limit": 1}, "parameter", "there is no field 'limit'"),
        ({"rows": 10**9}, "parameter", "rows"),
        ({"goal": 3}, "parameter", "goal"),
    ],
)
def test_bad_rules_are_told_where_and_what_to_do(
    client: Client, asked: dict[str, Any], code: str, words: str
) -> None:
    status = 404 if code == "height" else 400
    problem = derived(client, status, **asked)
    assert problem["code"] == code
    assert words in problem["detail"]


def test_bodies_that_are_none_are_refused(client: Client) -> None:
    for body, status in ((b"[]", 400), (b"{", 400), (b"[" * 9_000, 400), (b"x" * 300_000, 413)):
        answer = client.post(
            "/v1/rules", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == status, answer.text
    assert client.post("/v1/rules", content=b"{}").status_code == 415


def test_half_a_character_is_no_reason_to_fail(client: Client) -> None:
    found = derived(client, rules='p("\\ud800").')
    assert found["relations"][0]["rows"] == [["?"]]
    reason = client.post("/v1/why", json={"rules": 'p("\\ud800").', "fact": 'p("\\ud800")'})
    assert reason.status_code == 200, reason.text
    assert (reason.json()["holds"], reason.json()["proof"]) == (True, None)


def test_the_work_ends_when_the_client_goes_away(letters: Path) -> None:
    ended: list[BaseException] = []
    asked = Derive(rules=LONG, seconds=60.0)

    def ask(moment: Moment, progress: Any) -> Any:
        try:
            return asked.ask(moment, progress)
        except BaseException as error:
            ended.append(error)
            raise

    async def gone() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def nothing() -> bytes:
        return b""

    async def talk() -> None:
        server = Server(Service.open(letters), Settings(), Metrics([], None), None)
        request: Any = SimpleNamespace(receive=gone, body=nothing, headers={})
        with pytest.raises(TimeLimitError):
            await server.answer(request, ask, posted=True)
        await server.stop()

    asyncio.run(talk())
    for _ in range(500):
        if ended:
            break
        time.sleep(0.01)
    assert isinstance(ended[0], TimeLimitError)


def test_graphql_has_both(client: Client) -> None:
    query = """query Ask($rules: String!) {
        derive(rules: $rules, goal: "reach(\\"b\\", y)") { complete relations { columns rows } }
        why(rules: $rules, fact: "reach(\\"b\\", \\"d\\")") { holds depth proof }
    }"""
    answer = client.post("/v1/graphql", json={"query": query, "variables": {"rules": RULES}}).json()
    assert "errors" not in answer, answer
    rows = answer["data"]["derive"]["relations"][0]["rows"]
    assert sorted(rows) == [["b", "a"], ["b", "b"], ["b", "c"], ["b", "d"]]
    assert answer["data"]["why"]["depth"] == 3
    assert answer["extensions"]["cost"] >= 1_200
    wrong = client.post("/v1/graphql", json={"query": query, "variables": {"rules": "p(x"}}).json()
    assert {each["extensions"]["code"] for each in wrong["errors"]} == {"rules"}


def test_grpc_has_both(both: Both) -> None:
    found = both.grpc.Derive(rules=RULES, goal='reach("b", y)')
    (relation,) = found.relations
    assert found.complete
    assert sorted(tuple(row.values) for row in relation.rows)[0] == ("b", "a")
    reason = both.grpc.Why(rules=RULES, fact='reach("b", "d")')
    assert (reason.holds, reason.depth) == (True, 3)
    refused = failure(lambda: both.grpc.Derive(rules=ENDLESS, rows=100))
    assert refused[:2] == ("RESOURCE_EXHAUSTED", "budget")
    assert failure(lambda: both.grpc.Derive(rules="p(x"))[:2] == ("INVALID_ARGUMENT", "rules")
