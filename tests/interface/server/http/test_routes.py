"""Every route answers what the library answers, under the names of the command line, for one moment."""

from __future__ import annotations

import json
import subprocess
import time
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

import focusmesh
from focusmesh.errors import ProofError
from focusmesh.host.light.share_sources import header_of, namespace_shares, roots_of, share_of
from focusmesh.host.service import (
    SECONDS_BETWEEN_LOOKS,
    NamespaceShares,
    Service,
    SharedShare,
    SquareRoots,
)
from focusmesh.kernel.availability import NamespaceProof, namespace_of, verify_leaves
from focusmesh.kernel.receipts import Receipt, verify_receipt
from tests.interface.cli.conftest import PROGRAM
from tests.interface.server.conftest import served
from tests.tidy.tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interface.server.conftest import Client
    from tests.ledger_fixtures import NewLedger

GOLDEN = "docs/reference/openapi.json"


def got(client: Client, path: str, status: int = 200, **query: Any) -> Any:
    answer = client.get(path, params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_ranks_are_those_of_the_graph(client: Client, letters: Path) -> None:
    focus = focusmesh.Graph.open(letters).focus()
    whole = got(client, "/v1/rank", top=4)
    assert [item["particle"] for item in whole["items"]] == [item.particle for item in focus.top(4)]
    assert [item["score"] for item in whole["items"]] == [item.score for item in focus.top(4)]
    assert whole["bound"] == focus.bound
    single = got(client, "/v1/rank", particle=["gamma", "alpha"])["items"]
    by_name = {item["particle"]: item for item in whole["items"]}
    assert single == [by_name["gamma"], by_name["alpha"]]


@pytest.mark.parametrize(
    ("path", "query", "command"),
    [
        ("context", {"seed": "beta", "effort": "exact", "top": 3}, ["context", "beta", "-n", "3"]),
        ("explain", {"target": "gamma", "from": "alpha"}, ["explain", "--from", "alpha", "gamma"]),
        ("walk", {"from": "alpha", "steps": 3}, ["walk", "alpha", "--steps", "3"]),
        ("recall", {"question": "letter", "why": True}, ["recall", "letter", "--why"]),
        ("ask", {"question": "letter"}, ["ask", "letter"]),
    ],
)
def test_names_are_those_of_the_command_line(
    client: Client, letters: Path, path: str, query: dict[str, Any], command: list[str]
) -> None:
    answer = got(client, f"/v1/{path}", **query)
    line = [*PROGRAM, command[0], str(letters), *command[1:], "--json"]
    said = json.loads(subprocess.run(line, capture_output=True, check=True).stdout)
    for name in said.keys() & answer.keys() - {"items", "bound", "score", "background"}:
        if not isinstance(said[name], float):
            assert answer[name] == said[name], name
    assert [item.get("particle") for item in said["items"]] == [
        item.get("particle") for item in answer["items"]
    ]
    assert said["items"][0].keys() <= answer["items"][0].keys()


def test_listings_come_in_pages_of_one_moment(client: Client, letters: Path) -> None:
    for path, size in (("/v1/rank", "top"), ("/v1/particles", "limit"), ("/v1/links", "limit")):
        pages: list[dict[str, Any]] = []
        cursor = None
        while cursor is not None or not pages:
            query = {size: 2} if cursor is None else {size: 2, "cursor": cursor}
            pages.append(got(client, path, **query))
            cursor = pages[-1]["cursor"]
        listed = [item for page in pages for item in page["items"]]
        assert listed == got(client, path, **{size: 100})["items"]
    first = got(client, "/v1/rank", top=2)
    graph = focusmesh.Graph.open(letters).copy()
    graph.link("alpha", "epsilon")
    graph.save(letters)
    time.sleep(2 * SECONDS_BETWEEN_LOOKS)
    changed = focusmesh.Graph.open(letters).root
    assert got(client, "/v1/rank", 400, top=2, cursor=first["cursor"])["code"] == "input"
    assert got(client, "/v1/rank", top=2)["root"] == changed
    other = got(client, "/v1/particles", limit=1)["cursor"]
    assert "another question" in got(client, "/v1/rank", 400, top=2, cursor=other)["detail"]


def test_what_is_recalled_comes_in_pages(client: Client, ledger_client: Client) -> None:
    letters: dict[str, Any] = {"question": "letter"}
    for asked, query in ((client, letters), (ledger_client, {"from": "a"})):
        whole = got(asked, "/v1/recall", top=2, **query)["items"]
        first = got(asked, "/v1/recall", top=1, **query)
        second = got(asked, "/v1/recall", top=1, cursor=first["cursor"], **query)
        assert [first["items"][0]["particle"], second["items"][0]["particle"]] == [
            item["particle"] for item in whole
        ]
        for bad in ("x.y", ".", "é.y", first["cursor"].partition(".")[2]):
            assert got(asked, "/v1/recall", 400, cursor=bad, **query)["code"] == "parameter"


def test_links_of_a_particle_are_heaviest_first(client: Client) -> None:
    out = got(client, "/v1/links", particle="alpha")["items"]
    assert {(row["source"], row["target"], row["relation"]) for row in out} == {
        ("alpha", "beta", "before"),
        ("alpha", "delta", "before"),
    }
    into = got(client, "/v1/links", particle="alpha", direction="in")["items"]
    assert {row["source"] for row in into} == {"gamma", "delta"}
    assert all(row["score"] > 0 for row in (*out, *into))
    rhymes = got(client, "/v1/links", relation="rhymes", target="alpha")["items"]
    assert {row["source"] for row in rhymes} == {"gamma", "delta"}
    assert got(client, "/v1/links", 404, relation="rimes")["code"] == "unknown-name"
    one = got(client, "/v1/particle", particle="alpha")
    assert (one["links_out"], one["links_in"], one["rank"]) == (2, 2, 1)
    assert one["text"] == "the first letter of all"


def test_what_is_known_is_not_sent_again(client: Client) -> None:
    answer = client.get("/v1/rank")
    tag = answer.headers["etag"]
    assert tag == f'"{answer.json()["root"]}"'
    for sent in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        again = client.get("/v1/rank", headers={"If-None-Match": sent})
        assert (again.status_code, again.content) == (304, b"")
    assert client.get("/v1/rank", headers={"If-None-Match": '"x"'}).status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/rank?top=0", 400, "parameter"),
        ("/v1/rank?top=x", 400, "parameter"),
        ("/v1/rank?particle=omega", 404, "unknown-name"),
        ("/v1/rank?at=1", 400, "parameter"),
        ("/v1/rank?cursor=%00", 400, "parameter"),
        ("/v1/rank?cursor=AAAA", 400, "parameter"),
        ("/v1/context", 400, "parameter"),
        ("/v1/context?seed=", 404, "unknown-name"),
        ("/v1/context?seed=alpha&effort=none", 400, "parameter"),
        ("/v1/recall", 400, "input"),
        ("/v1/recall?question=%20", 400, "input"),
        ("/v1/links?particle=alpha&direction=up", 400, "parameter"),
        ("/v1/blocks", 404, "not-there"),
        ("/v1/blocks/1", 404, "not-there"),
        ("/v1/blocks/-1", 400, "parameter"),
        ("/v1/signals/1", 400, "parameter"),
        ("/v2", 404, "not-there"),
        ("/v1/rank/alpha", 404, "no-route"),
    ],
)
def test_what_is_wrong_is_a_problem(
    shared_client: Client, path: str, status: int, code: str
) -> None:
    answer = shared_client.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, "about:blank")
    assert "Traceback" not in answer.text
    assert str(ROOT) not in answer.text


def test_a_file_that_is_gone_names_no_path(client: Client, letters: Path) -> None:
    letters.unlink()
    time.sleep(2 * SECONDS_BETWEEN_LOOKS)
    answer = client.get("/health")
    assert answer.status_code == 503
    answer = client.get("/v1/rank")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert str(letters.parent) not in answer.text


def test_a_new_ledger_says_what_to_do(new_ledger: NewLedger) -> None:
    ledger = new_ledger(focus_interval=2)
    for said in (
        "nothing is linked yet: post signals or import links",
        "no block up to 1 carries a focus yet; the next that does ranks what is linked",
    ):
        with served(Service.open(ledger)) as client:
            told = got(client, "/v1/rank", 422)
            assert (told["code"], told["detail"]) == ("focus", said)
        with focusmesh.open(ledger) as graph:
            graph.link("a", "b")


def test_a_ledger_answers_for_every_height(ledger_client: Client) -> None:
    status = got(ledger_client, "/v1/status")
    assert (status["kind"], status["height"], status["can_prove"]) == ("ledger", 2, True)
    now, before = (got(ledger_client, "/v1/rank", at=height) for height in (2, 1))
    assert (now["height"], before["height"], now["root"]) == (2, 1, status["root"])
    assert len(now["items"]) == 4
    assert len(before["items"]) == 3
    page = got(ledger_client, "/v1/rank", top=1, at=1)
    following = got(ledger_client, "/v1/rank", top=1, cursor=page["cursor"])
    assert (following["height"], following["items"][0]["rank"]) == (1, 2)
    assert got(ledger_client, "/v1/rank", 404, at=3)["code"] == "height"
    empty = got(ledger_client, "/v1/rank", 422, at=0)
    assert empty["code"] == "focus"
    assert empty["detail"] == "nothing was linked up to block 0: ask for a later one"
    blocks = got(ledger_client, "/v1/blocks", limit=2)
    assert [block["height"] for block in blocks["items"]] == [2, 1]
    rest = got(ledger_client, "/v1/blocks", limit=2, cursor=blocks["cursor"])
    assert ([block["height"] for block in rest["items"]], rest["cursor"]) == ([0], None)
    block = got(ledger_client, "/v1/blocks/1")
    assert block["id"] == blocks["items"][1]["id"]
    assert [signal["code"] for signal in block["signals"]] == ["ok"]
    neuron = block["signals"][0]["neuron"]
    account = got(ledger_client, "/v1/account", neuron=neuron)
    assert (account["locked"], account["signals"]) == (7, 2)
    weight = got(ledger_client, "/v1/weight", neuron=neuron)
    assert (weight["stake"], weight["crowded"]) == (account["stake"], 700)
    assert weight["stake"] <= weight["weight"] <= 2 * weight["stake"]
    assert ledger_client.get("/v1/content", params={"particle": "a"}).content == b"a"
    assert got(ledger_client, "/v1/content", 404, particle="never")["code"] == "not-there"


def test_receipts_hold(ledger_client: Client, told: Path) -> None:
    from focusmesh.host.storage.ledger_folder import Folder
    from focusmesh.host.storage.open_chains import OpenedChain

    shared = OpenedChain.of(Folder(told))
    chain = shared.reading()
    for path, query in (
        ("rank", {"top": 2}),
        ("rank", {"particle": ["a", "d"], "at": 1}),
        ("rank", {"particle": ["a", "c"]}),
        ("link", {"source": "c", "target": "a"}),
        ("link", {"source": "c", "target": "d"}),
        ("context", {"seed": "a", "top": 3}),
    ):
        answer = ledger_client.get(f"/v1/receipts/{path}", params=query)  # type: ignore[arg-type]
        if query == {"particle": ["a", "d"], "at": 1}:
            assert answer.status_code == 404  # d is not there yet
            continue
        receipt = Receipt.from_json(answer.content)
        assert verify_receipt(receipt, chain.header(receipt.height), chain).receipt == receipt
        # Weak, since the answer was compressed on its way.
        assert answer.headers["etag"].removeprefix("W/") == f'"{receipt.state_root}"'
    assert got(ledger_client, "/v1/receipts/rank", 400)["code"] == "parameter"
    shared.release()


def test_without_a_key_no_receipt_is_given(told: Path) -> None:
    with served(Service.open(told)) as client:
        assert "no key" in got(client, "/v1/receipts/rank", 404, top=1)["detail"]


def test_proofs_are_those_of_ics23(ledger_client: Client) -> None:
    from focusmesh.kernel.state import (
        account_key,
        decode_proof,
        verify_membership,
        verify_non_membership,
    )

    block = got(ledger_client, "/v1/blocks/1")
    key = account_key(bytes.fromhex(block["signals"][0]["neuron"]))
    found = got(ledger_client, "/v1/proof", key=key.hex())
    root, proof = bytes.fromhex(found["root"]), decode_proof(bytes.fromhex(found["proof"]))
    verify_membership(root, proof, key, bytes.fromhex(found["value"]))
    with pytest.raises(ProofError):
        verify_membership(root, proof, key, b"another value")
    absent = got(ledger_client, "/v1/proof", key="00")
    proof = decode_proof(bytes.fromhex(absent["proof"]))
    assert absent["value"] is None
    verify_non_membership(root, proof, b"\0")


def test_the_page_and_the_description_are_served(client: Client) -> None:
    page = client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    described = got(client, "/openapi.json")
    golden = json.loads((ROOT / GOLDEN).read_text(encoding="utf-8"))
    assert described == golden, f"see whether that is meant, then write the new one to {GOLDEN}"


def handed_out(client: Client) -> int:
    """Shares of squares, as the metrics say."""
    lines = client.get("/metrics").text.splitlines()
    (counted,) = (line for line in lines if line.startswith("focusmesh_square_shares_total "))
    return int(counted.split()[1])


def test_squares_are_checked_by_whoever_asks(ledger_client: Client) -> None:
    told = msgspec.convert(got(ledger_client, "/v1/blocks/1/square"), SquareRoots)
    roots = roots_of(told, header_of(told).data_root)
    size, before = len(roots.rows), handed_out(ledger_client)
    for row, column, axis in ((0, 0, "row"), (size - 1, 1, "column")):
        path = f"/v1/blocks/1/square/{row}/{column}"
        share_of(msgspec.convert(got(ledger_client, path, axis=axis), SharedShare)).verify(roots)
    for axis, wanted in (("row", roots.rows), ("column", roots.columns)):
        for line, root in enumerate(wanted):
            found = got(ledger_client, f"/v1/blocks/1/square/lines/{line}", axis=axis)
            shares = [bytes.fromhex(each) for each in found["shares"]]
            assert (found["axis"], found["line"]) == (axis, line)
            places = [(line, at) if axis == "row" else (at, line) for at in range(size)]
            leaves = [
                (namespace_of(*place, share, size // 2), share)
                for place, share in zip(places, shares, strict=True)
            ]
            verify_leaves(NamespaceProof(0, size), root, size, leaves)
    whole = got(ledger_client, "/v1/blocks/1/namespaces/signals")
    signals = namespace_shares(msgspec.convert(whole, NamespaceShares), roots)
    assert signals
    assert handed_out(ledger_client) == before + 2 + 2 * size * size + len(signals)
    for path, status, code in (
        ("/v1/blocks/0/square", 422, "no-square"),
        ("/v1/blocks/99/square", 404, "height"),
        (f"/v1/blocks/1/square/{size}/0", 404, "not-there"),
        ("/v1/blocks/1/square/256/0", 400, "parameter"),
        ("/v1/blocks/1/square/0/0?axis=diagonal", 400, "parameter"),
        (f"/v1/blocks/1/square/lines/{size}", 404, "not-there"),
        ("/v1/blocks/1/square/lines/256", 400, "parameter"),
        ("/v1/blocks/0/square/lines/0", 422, "no-square"),
        ("/v1/blocks/1/namespaces/nothing", 400, "parameter"),
    ):
        answer = ledger_client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (status, code), path
