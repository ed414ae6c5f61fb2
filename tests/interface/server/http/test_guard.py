"""Whoever may not ask is refused before a route sees it, and everything is counted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

import focusmesh
from focusmesh.errors import InputError
from focusmesh.host.service import Service
from focusmesh.interface.server.admission import Rates
from focusmesh.interface.server.shared import ApiKeys, admit_neuron, new_api_key
from focusmesh.interface.server.shared.metrics import Metrics
from focusmesh.interface.server.signatures import RequestSigner
from focusmesh.protocol.identity import SigningKey
from tests.interface.server.conftest import LOCAL, served

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from tests.interface.server.conftest import Client


def test_api_keys_are_asked_for(letters: Path, tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    reader = new_api_key(file, "reader", may_write=False)
    writer = new_api_key(file, "writer", may_write=True)
    assert reader not in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(InputError, match="already"):
        new_api_key(file, "reader", may_write=True)
    with served(Service.open(letters), ApiKeys.read(file)) as client:
        for sent in ("", f"Basic {reader}", f"Bearer {reader}x", "Bearer", f"Bearer {reader[:-1]}"):
            refused = client.get("/v1/rank", headers={"Authorization": sent})
            assert (refused.status_code, refused.json()["code"]) == (401, "api-key")
            assert refused.headers["www-authenticate"] == "Bearer"
        assert client.get("/metrics").status_code == 401
        assert client.get("/health").status_code == 200
        assert client.get("/").status_code == 200
        may_read = {"Authorization": f"Bearer {reader}"}
        assert client.get("/v1/rank", headers=may_read).status_code == 200
        assert client.post("/v1/signals", headers=may_read).status_code == 403
        may_write = {"Authorization": f"bearer {writer}"}
        assert client.post("/v1/signals", headers=may_write).status_code == 415


@pytest.mark.parametrize(
    "spelled",
    ["/{}", "/{}/", "//{}", "///{}//", "/%2F{}", "/{}%2F", "/%76%31{}", "/./{}", "/x/../{}"],
)
def test_no_other_spelling_of_a_path_gets_by_without_a_key(
    letters: Path, tmp_path: Path, spelled: str
) -> None:
    new_api_key(tmp_path / "keys.txt", "reader", may_write=False)
    keys = ApiKeys.read(tmp_path / "keys.txt")
    with served(Service.open(letters), keys) as client:
        for route in ("metrics", "v1/rank", "v1/export/links", "v1/signals", "v1/graphql"):
            for path in (spelled.format(route), spelled.format(route.replace("/", "//"))):
                for method in ("GET", "POST"):
                    answer = client.request(method, f"{LOCAL}{path}")
                    assert answer.status_code in (401, 404, 405), (method, path)
                    if answer.status_code != 401:
                        assert answer.json()["code"] in ("no-route", "method", "not-there")


def test_every_route_but_those_of_health_asks_for_a_key(letters: Path, tmp_path: Path) -> None:
    new_api_key(tmp_path / "keys.txt", "reader", may_write=False)
    with served(Service.open(letters), ApiKeys.read(tmp_path / "keys.txt")) as client:
        paths = client.get("/openapi.json").json()["paths"]
        for path, methods in paths.items():
            for method in methods:
                status = client.request(method, f"{LOCAL}/{path}").status_code
                assert (status == 401) == (not path.startswith("/health")), (method, path)


def test_a_file_that_holds_no_keys_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    file.write_text("# ours\n\nreader 12 read\n", encoding="utf-8")
    with pytest.raises(InputError, match=":3: no API key"):
        ApiKeys.read(file)


@pytest.mark.parametrize(
    "path",
    ["/", "/health", "/openapi.json", "/v1/rank", "/v1/rank?top=-1", "/v1/live", "/v1/nothing"],
)
def test_head_is_told_what_get_is_but_the_body(shared_client: Client, path: str) -> None:
    asked, told = shared_client.get(path), shared_client.head(path)
    assert told.content == b"" != asked.content
    assert told.status_code == asked.status_code
    assert told.headers == asked.headers
    assert shared_client.head(path, headers={"Host": "evil.example"}).status_code == 421
    tag = asked.headers.get("etag")
    if tag is not None:
        assert shared_client.head(path, headers={"If-None-Match": tag}).status_code == 304


def test_head_takes_the_key_that_get_takes(letters: Path, tmp_path: Path) -> None:
    key = new_api_key(tmp_path / "keys.txt", "reader", may_write=False)
    alice = SigningKey(bytes(32))
    admit_neuron(tmp_path / "keys.txt", "alice", alice.public.hex(), may_write=False)
    with served(Service.open(letters), ApiKeys.read(tmp_path / "keys.txt")) as client:
        for path in ("/metrics", "/v1/rank", "/v1/export/links"):
            refused = client.head(path)
            assert (refused.status_code, refused.content) == (401, b"")
            assert client.head(path, headers={"Authorization": f"Bearer {key}"}).status_code == 200
            signed = RequestSigner(alice).headers("HEAD", f"{LOCAL}{path}")
            assert client.head(path, headers=signed).status_code == 200
            signed = RequestSigner(alice).headers("GET", f"{LOCAL}{path}")
            assert client.head(path, headers=signed).status_code == 401
        assert client.head("/v1/signals").status_code == 401


def test_head_has_nothing_made_that_it_is_not_told(
    letters: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made: list[int] = []

    async def many(*_: Any) -> AsyncGenerator[bytes, None]:
        for number in range(1_000):
            made.append(number)
            yield b"{}\n"

    monkeypatch.setattr("focusmesh.interface.server.http.server.rows", many)
    with served(Service.open(letters), limits__exports=1) as client:
        for _ in range(3):
            told = client.head("/v1/export/links")
            assert (told.status_code, told.content) == (200, b"")
            assert told.headers["content-type"].startswith("application/x-ndjson")
        assert made == [0] * 3
        assert client.post("/v1/signals").status_code != 500
        assert 'status="5xx"' not in client.get("/metrics").text
    assert not caplog.records


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1", 200), ("localhost:8420", 200), ("[::1]:1", 200), ("evil.example", 421)],
)
def test_a_page_that_renamed_itself_reads_nothing(
    shared_client: Client, host: str, status: int
) -> None:
    assert shared_client.get("/v1/rank", headers={"Host": host}).status_code == status


def test_other_web_sites_ask_in_vain_unless_named(letters: Path) -> None:
    page = {"Origin": "https://page.example"}
    with served(Service.open(letters)) as client:
        assert "access-control-allow-origin" not in client.get("/v1/rank", headers=page).headers
    with served(Service.open(letters), access__origins="https://page.example") as client:
        answer = client.get("/v1/rank", headers=page)
        assert answer.headers["access-control-allow-origin"] == "https://page.example"
        other = client.get("/v1/rank", headers={"Origin": "https://other.example"})
        assert "access-control-allow-origin" not in other.headers


def test_sizes_and_rates_are_limited(letters: Path) -> None:
    with served(Service.open(letters), limits__query_bytes=100, limits__body_bytes=1_000) as client:
        long = client.get("/v1/rank", params={"particle": "a" * 200})
        assert (long.status_code, long.json()["code"]) == (414, "too-long")
        packet = {"Content-Type": "application/octet-stream"}
        large = client.post("/v1/signals", content=bytes(2_000), headers=packet)
        assert large.status_code in (404, 413)  # a graph file takes no signals at all
    with served(
        Service.open(letters), limits__requests_per_second=0.001, limits__burst=2
    ) as client:
        codes = [client.get("/v1/rank").status_code for _ in range(3)]
        assert codes == [200, 200, 429]


def test_buckets_fill_again_and_are_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("focusmesh.interface.server.admission.rates.CLIENTS_MAX", 2)
    now = [0.0]
    rates = Rates(per_second=1.0, burst=2, clock=lambda: now[0])
    assert [rates.admits("a") for _ in range(3)] == [True, True, False]
    now[0] = 1.0
    assert rates.admits("a")
    now[0] = 1.5
    assert not rates.admits("a")
    assert rates.admits("b")
    assert rates.admits("c")
    assert len(rates._buckets) == 2


def test_answers_have_time_and_no_more(letters: Path) -> None:
    with served(Service.open(letters), limits__answer_seconds=1e-9) as client:
        answer = client.get("/v1/context", params={"seed": "alpha", "effort": "exact"})
        assert (answer.status_code, answer.json()["code"]) == (503, "time-limit")
        assert answer.headers["retry-after"] == "1"


def test_everything_is_counted_and_workers_add_up(client: Client, tmp_path: Path) -> None:
    client.get("/v1/rank")
    client.get("/v1/rank?top=0")
    text = client.get("/metrics").text
    assert 'focusmesh_requests_total{route="/v1/rank",status="2xx"} 1' in text
    assert 'focusmesh_requests_total{route="/v1/rank",status="4xx"} 1' in text
    assert "focusmesh_converged 1" in text
    one, other = Metrics(["/a"], tmp_path), Metrics(["/a"], tmp_path)
    for each, seconds in ((one, 0.002), (other, 0.2), (other, 20.0)):
        each.begin()
        each.end("/a", 200, seconds)
    shown = one.text({"height": ("Height.", 7.0)})
    assert 'focusmesh_requests_total{route="/a",status="2xx"} 3' in shown
    assert 'focusmesh_request_seconds_bucket{route="/a",le="0.25"} 2' in shown
    assert 'focusmesh_request_seconds_count{route="/a"} 3' in shown
    assert "focusmesh_height 7" in shown


def test_health_tells_what_is_wrong(client: Client) -> None:
    healthy = client.get("/health").json()
    assert healthy["ok"]
    assert healthy["synced"]
    assert healthy["converged"]
    assert client.get("/health/live").json() == {"alive": True}


def test_neurons_sign_in_the_place_of_keys(letters: Path, tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    file.write_text("# ours\n", encoding="utf-8")
    alice, bob, carol = (SigningKey(name * 32) for name in (b"a", b"b", b"c"))
    admit_neuron(file, "alice", alice.public.hex(), may_write=True)
    admit_neuron(file, "bob", bob.public.hex(), may_write=False)
    assert file.read_text(encoding="utf-8").startswith("# ours\nalice ed25519:")
    with pytest.raises(InputError, match="hexadecimal"):
        admit_neuron(file, "carol", "carol", may_write=False)
    url = f"{LOCAL}/v1/rank?particle=alpha%20"
    signals = f"{LOCAL}/v1/signals"
    packet = {"Content-Type": "application/octet-stream"}
    with served(Service.open(letters), ApiKeys.read(file)) as client:

        def got(key: SigningKey, method: str, body: bytes = b"", sent: bytes | None = None) -> Any:
            to = signals if method == "POST" else url.replace("%20", "")
            signed = RequestSigner(key).headers(method, to, body) | packet
            return client.request(
                method, to, content=body if sent is None else sent, headers=signed
            )

        assert got(alice, "GET").status_code == 200
        assert got(bob, "GET").status_code == 200
        refused = got(carol, "GET")
        assert (refused.status_code, refused.json()["code"]) == (401, "signature")
        assert got(alice, "POST", b"packet").status_code == 404  # a graph file takes no signals
        assert got(bob, "POST", b"packet").status_code == 403
        again = RequestSigner(alice).headers("GET", url)
        codes = [client.get(url, headers=again).status_code for _ in range(2)]
        assert codes == [404, 401]  # no particle has a space behind its name; then it came already
        assert client.get(url, auth=RequestSigner(alice)).status_code == 404


def test_a_body_that_was_not_signed_is_refused(ledger: Path, tmp_path: Path) -> None:
    file = tmp_path / "keys.txt"
    alice = SigningKey(b"a" * 32)
    admit_neuron(file, "alice", alice.public.hex(), may_write=True)
    url = f"{LOCAL}/v1/signals"
    with served(Service.open(ledger), ApiKeys.read(file)) as client:
        for body, status, code in ((b"signed", 422, "malformed"), (b"sigged", 401, "signature")):
            headers = RequestSigner(alice).headers("POST", url, b"signed")
            headers |= {"Content-Type": "application/octet-stream"}
            answer = client.post(url, content=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_health_follows_a_ledger_that_nobody_else_asks(told: Path) -> None:
    with served(Service.open(told), limits__behind_seconds=0) as client:
        assert client.get("/health").json()["height"] == 2
        with focusmesh.open(told) as graph:
            graph.link("d", "e")
        for _ in range(1_000):
            found = client.get("/health").json()
            if found["height"] == 3:
                break
            time.sleep(0.01)
        assert (found["ok"], found["tip"], found["behind_seconds"]) == (True, 3, 0.0)


def test_what_is_a_little_behind_is_well(told: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service.open(told)
    with served(service, limits__behind_seconds=60) as client, focusmesh.open(told) as graph:
        monkeypatch.setattr(service, "current", lambda: service.latest)  # nothing newer is made
        graph.link("d", "e")
        found = client.get("/health")
        assert (found.status_code, found.json()["tip"]) == (200, 3)
        assert 0 <= found.json()["behind_seconds"] < 60
        assert "focusmesh_behind_seconds" in client.get("/metrics").text
    service = Service.open(told)
    with served(service, limits__behind_seconds=0) as client, focusmesh.open(told) as graph:
        monkeypatch.setattr(service, "current", lambda: service.latest)
        graph.link("e", "f")
        time.sleep(0.01)
        found = client.get("/health")
        assert (found.status_code, found.json()["synced"]) == (503, False)


def test_a_height_that_was_asked_for_is_the_latest_too(told: Path) -> None:
    with served(Service.open(told)) as client:
        with focusmesh.open(told) as graph:
            graph.link("d", "e")
        assert client.get("/v1/rank?at=3").json()["height"] == 3
        assert client.get("/health").json()["height"] == 3
