"""The grid over HTTP and over its web socket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from litestar.exceptions import WebSocketDisconnect

from focusmesh.host.grid import GridService
from focusmesh.host.service import Service
from focusmesh.interface.server.shared import ApiKeys, new_api_key
from tests.host.grids import REFUSALS, forged, told
from tests.interface.server.conftest import served

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.host.grid import KeptGrid
    from tests.interface.server.conftest import Client

LIVE = "/v1/grid/ws"


def got(client: Client, path: str, body: Any = None, method: str = "") -> Any:
    way = method or ("GET" if body is None else "POST")
    answer = client.request(way, f"/v1/grid/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def asked(client: Client, *messages: dict[str, Any]) -> list[Any]:
    """What comes back for messages that are answered with one message each."""
    heard = []
    with client.websocket_connect(LIVE) as live:
        for message in messages:
            live.send_text(json.dumps({"id": "1"} | message))
            heard.append(live.receive_json())
    return heard


def every_kappa(found: Any) -> None:
    """κ stands beside kappa, with the same value, wherever either is."""
    if isinstance(found, dict):
        assert ("kappa" in found) == ("κ" in found)
        assert found.get("kappa") == found.get("κ")
        for one in found.values():
            every_kappa(one)
    elif isinstance(found, list):
        for one in found:
            every_kappa(one)


def test_templates_cubes_and_values(grid: Client) -> None:
    models = {"name": "plain", "models": "digits", "diagonals": "all"}
    assert got(grid, "template/create", models)["models"]["NEU"] == "digits"
    wanted = {"name": "c", "template": "plain", "at": [10, 10, 10], "start": False}
    made = got(grid, "instance/create", wanted)
    assert made["state"] == "Stopped"
    assert made["commands"] == ["abort", "reset"]
    assert len(made["vertices"]) == 9
    assert [one["name"] for one in got(grid, "instances")["items"]] == ["a", "b", "c"]
    assert got(grid, "instance/c") == made
    assert got(grid, "connect", {"instance": "c", "other": "b"})["neighbours"] == ["b"]
    assert got(grid, "instance/c", method="DELETE")["removed"] == "c"
    assert got(grid, "instance/b")["neighbours"] == ["a"]
    assert got(grid, "value?x=9&y=9&z=9")["active"] is False
    assert got(grid, "value", {"x": 9, "y": 9, "z": 9, "value": 0.5})["value"] == 0.5
    assert got(grid, "value?x=9&y=9&z=9")["value"] == 0.5
    assert got(grid, "value", {"x": 9, "y": 9, "z": 9, "value": None})["active"] is False


def test_what_cubes_are_asked(grid: Client) -> None:
    text = {"instance": "a", "text": "the qu"}
    answers = [
        got(grid, "llm/process", text | {"count": 4, "temperature": 0}),
        got(grid, "think", text | {"rounds": 1}),
        got(grid, "cascade", text | {"depth": 1, "start": "NEU"}),
        got(grid, "send", {"source": "a", "target": "b", "text": "hello"}),
        got(grid, "execute", {"instance": "a", "command": "hold"}),
        got(grid, "llm/interlock", {"plane": "north", "operation": "activate"}),
        got(grid, "instances"),
        got(grid, "instance/b"),
        got(grid, "stats"),
        got(grid, "health"),
        got(grid, "history"),
    ]
    for answer in answers:
        assert "kappa" in answer
        every_kappa(answer)
    process, think, cascade, send, execute, interlock = answers[:6]
    assert len(process["data"]) == 8
    assert len(think["opinions"]) == 9
    assert [len(wave["opinions"]) for wave in cascade["waves"]] == [1, 4]
    assert (send["bytes"], execute["state"], interlock["blocks"]) == (5, "Held", 24 * 16)


def test_blocks_are_sent_once_a_revision(grid: Client) -> None:
    first = grid.get("/v1/grid/blocks")
    assert first.headers["content-type"] == "application/octet-stream"
    assert len(first.content) == 48 + 12 * 16
    known = {"If-None-Match": first.headers["etag"]}
    assert grid.get("/v1/grid/blocks", headers=known).status_code == 304
    got(grid, "value", {"x": 9, "y": 9, "z": 9, "value": 0.5})
    assert grid.get("/v1/grid/blocks", headers=known).status_code == 200
    box = grid.get("/v1/grid/blocks?low=0,0,0&high=3,3,3&limit=3").content
    assert len(box) == 48 + 12 * 3
    for wrong in ("low=1,2", "low=a,b,c", "limit=0", "high=-1,0,0"):
        assert grid.get(f"/v1/grid/blocks?{wrong}").status_code == 400


def test_what_is_refused_over_http(grid: Client, kept: KeptGrid) -> None:
    before = told(kept)
    for name, wrong in REFUSALS.items():
        method = "GET" if wrong.body is None else "POST"
        answer = grid.request(method, wrong.path, json=wrong.body)
        assert (answer.status_code, answer.json()["code"]) == (wrong.status, wrong.code), name
        assert answer.headers["content-type"] == "application/problem+json"
        assert "Traceback" not in answer.text
        assert told(kept) == before, name


def test_what_is_refused_over_a_web_socket(grid: Client, kept: KeptGrid) -> None:
    before = told(kept)
    with grid.websocket_connect(LIVE) as live:
        for name, wrong in REFUSALS.items():
            if wrong.said is None:
                continue
            live.send_text(json.dumps({"id": name, **wrong.said}, ensure_ascii=False))
            answer = live.receive_json()
            assert answer["id"] == name
            problem = answer["problem"]
            assert (problem["status"], problem["code"]) == (wrong.status, wrong.code), name
            assert "Traceback" not in json.dumps(answer)
            assert told(kept) == before, name


def test_a_vote_and_one_that_is_forged(grid: Client, kept: KeptGrid) -> None:
    wanted = {"instance": "a", "text": "the qu", "bad": {"NEU": "lie", "SWD": "silent"}}
    vote = got(grid, "vote", wanted)
    every_kappa(vote)
    right = {"instance": "a", "certificate": vote["certificate"]}
    assert got(grid, "vote/verify", right)["signers"] == vote["signers"]
    wrong = {"instance": "a", "certificate": forged(vote["certificate"])}
    before = told(kept)
    answer = grid.post("/v1/grid/vote/verify", json=wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "certificate")
    holds, refused = asked(grid, {"type": "verify_vote", **right}, {"type": "verify_vote", **wrong})
    assert holds["result"]["valid"]
    assert refused["problem"]["code"] == "certificate"
    assert told(kept) == before


def test_malformed_bodies_are_refused(grid: Client, kept: KeptGrid) -> None:
    before = told(kept)
    for path, body in (
        ("template/create", {}),
        ("template/create", {"name": "t", "models": 3}),
        ("instance/create", {"name": "c", "template": "mixed", "at": [1, 2]}),
        ("value", {"x": 1, "y": 1, "z": 1, "value": "much"}),
        ("value", {"x": 1, "y": 1, "z": 1, "value": 1, "more": 2}),
        ("llm/process", {"instance": "a"}),
        ("llm/process", {"instance": "a", "text": "a", "count": 0}),
        ("llm/process", {"instance": "a", "text": "a", "data": "YQ=="}),
        ("vote", {"instance": "a", "text": "a", "bad": {"NEU": "sing"}}),
    ):
        answer = grid.post(f"/v1/grid/{path}", json=body)
        assert answer.status_code == 400, (path, body, answer.text)
        assert answer.json()["code"] == "parameter", (path, body)
    for content in (b"{", b"[" * 60_000, b'{"x": ' * 20_000):
        assert grid.post("/v1/grid/value", content=content).status_code == 400
    assert told(kept) == before


def test_messages_are_answered_with_their_ids(grid: Client) -> None:
    begun, listed, one, whole = asked(
        grid,
        {"type": "initialize"},
        {"type": "list_cubes"},
        {"type": "status", "instance": "a"},
        {"type": "status"},
    )
    assert begun["result"]["protocol"] == "focusmesh.grid.v1"
    assert [cube["name"] for cube in listed["result"]["items"]] == ["a", "b"]
    assert one["result"]["name"] == "a"
    assert whole["result"]["instances"] == 2
    for answer in (begun, listed, one, whole):
        assert answer["id"] == "1"
        every_kappa(answer)


def test_bytes_come_one_by_one(grid: Client) -> None:
    with grid.websocket_connect(LIVE) as live:
        said = {"id": "p", "type": "process", "instance": "a", "text": "the", "count": 5}
        live.send_text(json.dumps(said))
        heard = [live.receive_json() for _ in range(6)]
    assert [one["token"]["index"] for one in heard[:5]] == list(range(5))
    result = heard[5]["result"]
    every_kappa(heard)
    assert len(result["data"]) == 8
    assert {one["id"] for one in heard} == {"p"}


def test_changes_are_told_to_who_is_connected(grid: Client) -> None:
    with grid.websocket_connect(LIVE) as live:
        live.send_text(json.dumps({"id": "c", "type": "connect", "instance": "b"}))
        assert live.receive_json()["result"]["name"] == "b"
        got(grid, "execute", {"instance": "a", "command": "hold"})
        got(grid, "execute", {"instance": "b", "command": "suspend"})
        event = live.receive_json()
        assert event["id"] == "c"
        assert event["event"]["state"] == "Suspended"
        assert event["skipped"] == 0
        live.send_text(json.dumps({"id": "c", "type": "status"}))
        assert live.receive_json()["problem"]["code"] == "parameter"


def test_messages_that_are_none_are_answered(grid: Client) -> None:
    with grid.websocket_connect(LIVE) as live:
        for wrong in ("{", "[]", "{}", '{"id": "x", "type": "dance"}', '{"id": 3}'):
            live.send_text(wrong)
            answer = live.receive_json()
            assert answer["problem"]["code"] == "parameter"
            assert answer.get("id") == ("x" if '"x"' in wrong else None)


def test_who_may_read_alone_changes_nothing(letters: Path, kept: KeptGrid, tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    reader = new_api_key(file, "reader", may_write=False)
    writer = new_api_key(file, "writer", may_write=True)
    before = told(kept)
    stop = {"id": "1", "type": "execute", "instance": "a", "command": "stop"}
    with served(Service.open(letters), ApiKeys.read(file), GridService(kept)) as client:
        assert client.get("/v1/grid/stats").status_code == 401
        headers = {"Authorization": f"Bearer {reader}"}
        assert client.get("/v1/grid/stats", headers=headers).status_code == 200
        body = {"instance": "a", "command": "stop"}
        assert client.post("/v1/grid/execute", json=body, headers=headers).status_code == 403
        assert client.delete("/v1/grid/instance/a", headers=headers).status_code == 403
        with client.websocket_connect(LIVE) as live:
            live.send_text(json.dumps({"id": "0", "type": "initialize", "key": reader}))
            assert live.receive_json()["result"]["known_as"] == "reader"
            live.send_text(json.dumps(stop))
            assert live.receive_json()["problem"]["status"] == 403
        assert told(kept) == before
        with client.websocket_connect(LIVE, headers={"Authorization": f"Bearer {writer}"}) as live:
            live.send_text(json.dumps(stop))
            assert live.receive_json()["result"]["state"] == "Stopped"
        with client.websocket_connect(LIVE) as live:
            live.send_text(json.dumps(stop))
            with pytest.raises(WebSocketDisconnect, match="authorize first") as closed:
                live.receive()
            assert closed.value.code == 1008


def test_without_a_grid(client: Client) -> None:
    assert client.get("/v1/grid/health").json() == {
        "kappa": None,
        "κ": None,
        "ok": True,
        "served": False,
        "height": None,
        "detail": "",
    }
    answer = client.get("/v1/grid/stats")
    assert (answer.status_code, answer.json()["code"]) == (404, "no-grid")
    (told_so,) = asked(client, {"type": "list_cubes"})
    assert told_so["problem"]["code"] == "no-grid"
    assert client.get(LIVE).status_code == 426


def test_a_grid_with_an_aborted_cube_is_not_well(grid: Client) -> None:
    got(grid, "execute", {"instance": "a", "command": "abort"})
    answer = grid.get("/v1/grid/health")
    assert answer.status_code == 503
    assert "a is Aborted" in answer.json()["detail"]
