"""GraphQL over HTTP: the same answers as the other routes, of one moment, within the same limits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import focusmesh
from focusmesh.host.service import Service
from focusmesh.interface.cli.shared.ledger_options import open_ledger
from focusmesh.interface.server.shared import ApiKeys, new_api_key
from focusmesh.kernel.receipts import Receipt, verify_receipt
from tests.interface.server.conftest import served

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.interface.server.conftest import Client

RANK = (
    "{rank(top:4){root height particles bound residual items{rank score separated particle{name}}}}"
)


def asked(client: Client, query: str, at: int | None = None, **variables: Any) -> Any:
    """The data of an answer that has no errors."""
    sent = {"query": query, "variables": variables or None}
    answer = client.post("/v1/graphql", json=sent, params={} if at is None else {"at": at})
    assert answer.status_code == 200, answer.text
    assert "errors" not in answer.json(), answer.text
    return answer.json()["data"]


def test_answers_are_those_of_the_other_routes(client: Client) -> None:
    rank = client.get("/v1/rank", params={"top": 4}).json()
    found = asked(client, RANK)["rank"]
    for mine, theirs in zip(found.pop("items"), rank["items"], strict=True):
        mine["particle"] = mine["particle"]["name"]
        assert mine.items() <= theirs.items()
    assert found.items() <= rank.items()
    context = client.get("/v1/context", params={"seed": ["beta", "gamma"], "top": 3}).json()
    query = "query($s:[Name!]!){context(seeds:$s,top:3){bound settled items{score relevance}}}"
    same = asked(client, query, s=["beta", "gamma"])["context"]
    assert (same["bound"], same["settled"]) == (context["bound"], context["settled"])
    assert [item["score"] for item in same["items"]] == [i["score"] for i in context["items"]]
    recalled = asked(
        client,
        '{recall(question:"letter",why:true){prompt items{text whole path{directions particles{name}}}}}',
    )
    other = client.get("/v1/recall", params={"question": "letter", "why": True}).json()
    assert recalled["recall"]["prompt"] == other["prompt"]
    for mine, theirs in zip(recalled["recall"]["items"], other["items"], strict=True):
        assert mine["text"] == theirs["text"]
        path = mine["path"] and [one["name"] for one in mine["path"]["particles"]]
        assert path == (theirs["path"] and theirs["path"]["particles"])


def test_one_walks_on_from_particle_to_particle(client: Client) -> None:
    query = """
    query Near($name: Name!) {
      particle(name: $name) {
        name text rank
        links { items { relation target { name rank links(direction: in) { items { source { name } } } } } }
        context(top: 2, effort: exact) { settled items { particle { name } } }
        explain(seeds: ["gamma"], walks: 1) { proven items { directions particles { name } } }
      }
    }"""
    found = asked(client, query, name="alpha")["particle"]
    assert (found["text"], found["rank"]) == ("the first letter of all", 1)
    near = {row["target"]["name"]: row["target"] for row in found["links"]["items"]}
    assert set(near) == {"beta", "delta"}
    assert near["beta"]["links"]["items"] == [{"source": {"name": "alpha"}}]
    assert found["context"]["items"][0]["particle"]["name"] == "alpha"
    (walk,) = found["explain"]["items"]
    assert [one["name"] for one in walk["particles"]] == ["gamma", "alpha"]


def test_particles_of_a_level_are_looked_up_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from focusmesh.host.service import Moment

    looked: list[list[str]] = []
    described = Moment.describe

    def counted(self: Moment, names: Any) -> Any:
        looked.append(list(names))
        return described(self, names)

    monkeypatch.setattr(Moment, "describe", counted)
    asked(
        client,
        '{rank{items{particle{name links{items{target{name}}}}}} a:particle(name:"beta"){rank}}',
    )
    # All of the ranking together with the one beside it; nothing is left to look up for their links.
    assert [sorted(names) for names in looked] == [["alpha", "beta", "delta", "gamma"]]


def test_errors_have_codes_and_leave_the_rest(client: Client) -> None:
    query = '{a:particle(name:"omega"){name} b:particle(name:"alpha"){name} blocks{cursor} rank(top:0){bound}}'
    answer = client.post("/v1/graphql", json={"query": query})
    assert answer.status_code == 200
    found = answer.json()
    assert found["data"] == {"a": None, "b": {"name": "alpha"}, "blocks": None, "rank": None}
    told = {error["path"][0]: error["extensions"] for error in found["errors"]}
    assert told == {
        "a": {"code": "unknown-name", "status": 404},
        "blocks": {"code": "not-there", "status": 404},
        "rank": {"code": "parameter", "status": 400},
    }
    assert "etag" not in answer.headers


def test_what_nobody_expected_is_not_told(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from focusmesh.host.service import Moment

    def fails(*_: Any, **__: Any) -> Any:
        raise RuntimeError("/secret/path")

    monkeypatch.setattr(Moment, "rank", fails)
    answer = client.post("/v1/graphql", json={"query": RANK})
    assert answer.json()["errors"][0]["extensions"] == {"code": "internal", "status": 500}
    assert "secret" not in answer.text
    assert "secret" in caplog.text


def test_what_is_known_is_not_sent_again(client: Client, ledger_client: Client) -> None:
    answer = client.get("/v1/graphql", params={"query": RANK})
    tag = {"If-None-Match": answer.headers["etag"]}
    assert answer.headers["etag"] == f'"{answer.json()["extensions"]["root"]}"'
    assert client.get("/v1/graphql", params={"query": RANK}, headers=tag).status_code == 304
    assert client.post("/v1/graphql", json={"query": RANK}, headers=tag).status_code == 200
    blocks = ledger_client.get("/v1/graphql", params={"query": "{blocks{items{height}}}"})
    assert "etag" not in blocks.headers  # blocks come while the moment stays


def test_media_types_say_whose_fault_it_is(client: Client) -> None:
    wrong = {"query": "{rank{nope}}"}
    plain = client.post("/v1/graphql", json=wrong)
    assert (plain.status_code, plain.headers["content-type"]) == (200, "application/json")
    accept = {"Accept": "application/graphql-response+json, application/json;q=0.5"}
    strict = client.post("/v1/graphql", json=wrong, headers=accept)
    assert strict.status_code == 400
    assert strict.headers["content-type"] == "application/graphql-response+json"
    assert client.post("/v1/graphql", json={"query": RANK}, headers=accept).status_code == 200
    variables = {"query": "query($n:Int!){rank(top:$n){bound}}", "variables": {"n": "x"}}
    assert client.post("/v1/graphql", json=variables, headers=accept).status_code == 400
    for body, status in (
        ("{", 400),
        ("[]", 400),
        ('{"query":1}', 400),
        ("{}", 400),
        ("[" * 5_000, 400),
        (b'{"query":"\xff"}', 400),
    ):
        sent = client.post(
            "/v1/graphql", content=body, headers={"Content-Type": "application/json"}
        )
        assert (sent.status_code, sent.json()["code"]) == (status, "parameter")
    large = client.post("/v1/graphql", json={"query": RANK, "variables": {"a": "a" * 300_000}})
    assert (large.status_code, large.json()["code"]) == (413, "too-large")
    form = client.post("/v1/graphql", data={"query": RANK})
    assert (form.status_code, form.json()["code"]) == (415, "media-type")
    bad = client.get("/v1/graphql", params={"query": RANK, "variables": "[1]"})
    assert (bad.status_code, bad.json()["code"]) == (400, "parameter")


def test_limits_are_those_of_the_settings(letters: Path) -> None:
    service = Service.open(letters)
    with served(service, limits__graphql_cost=8, limits__graphql_depth=3) as client:
        small = client.post("/v1/graphql", json={"query": "{rank(top:7){items{score}}}"}).json()
        assert (small["extensions"]["cost"], small["extensions"]["depth"]) == (8, 3)
        for query, code in (
            ("{rank(top:8){items{score}}}", "too-costly"),
            ("{rank(top:2){items{particle{name}}}}", "too-deep"),
        ):
            (error,) = client.post("/v1/graphql", json={"query": query}).json()["errors"]
            assert error["extensions"]["code"] == code
    with served(Service.open(letters), limits__answer_seconds=1e-9) as client:
        late = client.post("/v1/graphql", json={"query": RANK})
        assert (late.status_code, late.json()["code"]) == (503, "time-limit")


def test_keys_that_may_read_may_post_queries(letters: Path, tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    key = {"Authorization": f"Bearer {new_api_key(file, 'reader', may_write=False)}"}
    with served(Service.open(letters), ApiKeys.read(file)) as client:
        assert client.post("/v1/graphql", json={"query": RANK}).status_code == 401
        assert client.post("/v1/graphql", json={"query": RANK}, headers=key).status_code == 200


def test_a_ledger_answers_for_any_height_it_keeps(ledger_client: Client, told: Path) -> None:
    now = asked(
        ledger_client,
        "{status{height tip} rank{root height} blocks(limit:1){cursor items{height id state_root}}}",
    )
    height = now["status"]["height"]
    assert now["rank"]["root"] == now["blocks"]["items"][0]["state_root"]
    before = asked(ledger_client, "{rank{root height}}", at=height - 1)["rank"]
    assert before["height"] == height - 1
    assert before["root"] != now["rank"]["root"]
    late = ledger_client.post("/v1/graphql", json={"query": RANK}, params={"at": 99})
    assert (late.status_code, late.json()["code"]) == (404, "height")
    more = asked(
        ledger_client,
        "query($c:String){blocks(limit:1,cursor:$c){items{height}}}",
        c=now["blocks"]["cursor"],
    )
    assert more["blocks"]["items"] == [{"height": height - 1}]
    block = asked(
        ledger_client,
        "query($h:Integer!){block(height:$h){id header signals{id operations code}}}",
        h=height,
    )["block"]
    (signal,) = block["signals"]
    assert block["id"] == now["blocks"]["items"][0]["id"]
    assert asked(ledger_client, "query($i:String!){signal(id:$i){height}}", i=signal["id"])[
        "signal"
    ] == {"height": height}
    receipt = asked(ledger_client, "{rank_receipt(top:2)}")["rank_receipt"]
    with open_ledger(str(told)) as shared:
        chain = shared.reading()
        read = Receipt.from_json(json.dumps(receipt))
        assert verify_receipt(read, chain.header(read.height), chain).receipt == read


def test_pages_go_on_at_the_height_of_the_first(ledger_client: Client, told: Path) -> None:
    page = "query($c:String){rank(top:2,cursor:$c){height cursor items{particle{name}}}}"
    first = asked(ledger_client, page)["rank"]
    with focusmesh.open(told) as graph:
        graph.link("e", "a")
    second = asked(ledger_client, page, c=first["cursor"])["rank"]
    assert second["height"] == first["height"]
    other = asked(ledger_client, "{particles(limit:1){height cursor}}")["particles"]
    assert other["height"] == first["height"] + 1
    both = "query($a:String,$b:String){rank(top:2,cursor:$a){height} particles(limit:1,cursor:$b){height}}"
    sent = {"query": both, "variables": {"a": first["cursor"], "b": other["cursor"]}}
    mixed = ledger_client.post("/v1/graphql", json=sent)
    assert (mixed.status_code, mixed.json()["code"]) == (400, "parameter")


def test_the_schema_is_served(client: Client) -> None:
    answer = client.get("/v1/graphql/schema")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "type Particle {" in answer.text
