"""What is told of a network is what its ledger has, in the bytes that headers commit to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from focusmesh.host.light.share_sources import signed_headers
from focusmesh.host.service import HeaderPage, Service
from focusmesh.kernel.block import Genesis, Header, read_validator_set
from focusmesh.kernel.consensus import Decision
from focusmesh.kernel.light import LightChain, Trusted
from tests.host.voted_ledgers import BOND, NEWCOMER, VALIDATORS, VotedLedger
from tests.interface.server.conftest import served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.interface.server.conftest import Client


@pytest.fixture(scope="module")
def voted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    ledger = VotedLedger(tmp_path_factory.mktemp("voted") / "voted")
    ledger.grow(1)
    ledger.grow(2, covered=True)
    ledger.bond()
    ledger.grow(2)
    return ledger.path


@pytest.fixture(scope="module")
def asked(voted: Path) -> Iterator[Client]:
    with served(Service.open(voted)) as client:
        yield client


def got(client: Client, path: str, status: int = 200, **query: Any) -> Any:
    answer = client.get(path, params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_headers_are_what_a_light_client_follows(asked: Client) -> None:
    page = msgspec.convert(got(asked, "/v1/headers", limit=100), HeaderPage)
    assert (page.tip, [row.height for row in page.items]) == (6, list(range(7)))
    genesis = got(asked, "/v1/genesis")
    assert Genesis.decode(bytes.fromhex(genesis["genesis"])).network.hex() == genesis["network"]
    validators = bytes.fromhex(got(asked, "/v1/electorates/1")["voters"])
    signed = signed_headers(page)
    begun = Header.decode(signed[0].header)
    trusted = Trusted.beginning(begun, bytes.fromhex(genesis["parameters"]), validators)
    light = LightChain(trusted)
    final = light.take(signed[1:], Header.decode(signed[-1].header).time)
    assert [each.id.hex() for each in final] == [row.id for row in page.items[1:]]
    assert [bool(row.decision) for row in page.items] == [
        *(False, True, False, True, True, True, True)
    ]
    assert [bool(row.rotation) for row in page.items] == [*[False] * 5, True, False]
    assert got(asked, "/v1/headers", **{"from": 3, "limit": 2})["items"] == [
        got(asked, f"/v1/headers/{height}") for height in (3, 4)
    ]
    assert got(asked, "/v1/headers", **{"from": 7})["items"] == []
    assert got(asked, "/v1/headers/7", 404)["code"] == "height"
    assert got(asked, "/v1/headers", 400, limit=501)["code"] == "parameter"


def test_validators_are_those_that_headers_commit_to(asked: Client) -> None:
    rows = got(asked, "/v1/headers", limit=100)["items"]
    for height in range(1, 8):
        told = got(asked, f"/v1/electorates/{height}")
        validator_set = read_validator_set(bytes.fromhex(told["voters"]))
        before = Header.decode(bytes.fromhex(rows[height - 1]["header"]))
        assert validator_set.digest() == before.validators_hash
        assert (told["total"], told["quorum"]) == (validator_set.total, validator_set.quorum)
        assert {row["key"]: row["weight"] for row in told["items"]} == {
            key.hex(): weight for key, weight in validator_set.weights.items()
        }
    assert got(asked, "/v1/electorates/8", 404)["code"] == "height"
    assert got(asked, "/v1/electorates/0", 404)["code"] == "height"


def test_validators_are_listed_heaviest_first(asked: Client) -> None:
    told = got(asked, "/v1/validators")
    assert (told["kind"], told["epoch"], told["decisions"]) == ("quorum", 2, 5)
    assert [row["key"] for row in told["items"]] == [
        NEWCOMER.public.hex(),
        *(key.public.hex() for key in VALIDATORS),
    ]
    assert [row["bond"] for row in told["items"]] == [5 * BOND, BOND, BOND, BOND]
    assert [row["voted"] for row in told["items"]] == [2, 5, 5, 5]
    assert sum(row["share"] for row in told["items"]) == pytest.approx(1)
    assert told["total"] == 8 * BOND


def test_decisions_come_in_pages(asked: Client) -> None:
    whole = got(asked, "/v1/decisions", limit=100)["items"]
    assert [row["height"] for row in whole] == [6, 5, 4, 3, 1]
    first = got(asked, "/v1/decisions", limit=3)
    rest = got(asked, "/v1/decisions", limit=3, cursor=first["cursor"])
    assert [*first["items"], *rest["items"]] == whole
    assert rest["cursor"] is None
    rows = {row["height"]: row for row in got(asked, "/v1/headers", limit=100)["items"]}
    for row in whole:
        decision = Decision.from_bytes(bytes.fromhex(rows[row["height"]]["decision"]))
        assert row["voters"] == [validator.hex() for validator in decision.certificate.signers]
        assert (row["id"], row["round"]) == (rows[row["height"]]["id"], decision.proposal.round)


def test_how_it_stands(asked: Client) -> None:
    told = got(asked, "/v1/finality")
    assert (told["kind"], told["height"], told["epoch"], told["epoch_end"]) == ("quorum", 6, 2, 8)
    assert (told["voters"], told["present"], told["trouble"]) == (4, None, "")
    assert told["quorum"] == 8 * BOND * 2 // 3 + 1
    assert got(asked, "/v1/peers") == {
        "running": False,
        "key": "",
        "address": "",
        "height": 0,
        "trouble": "",
        "items": [],
        "said": {},
    }


def test_proofs_of_fraud_are_handed_out(asked: Client, voted: Path) -> None:
    assert got(asked, "/v1/fraud") == {"items": []}
    assert got(asked, f"/v1/fraud/{'0' * 64}", 404)["code"] == "not-there"
    assert got(asked, "/v1/fraud/00", 400)["code"] == "parameter"


def test_one_keys_ledger_answers_too(ledger_client: Client) -> None:
    told = got(ledger_client, "/v1/validators")
    (row,) = told["items"]
    assert (told["kind"], row["share"]) == ("solo", 1.0)
    assert got(ledger_client, "/v1/decisions")["items"] == []
    assert got(ledger_client, "/v1/finality")["kind"] == "solo"
    assert got(ledger_client, "/v1/electorates/1")["items"] == [{"key": row["key"], "weight": 1}]


def test_a_graph_has_no_network(client: Client) -> None:
    for path in ("headers", "genesis", "finality", "validators", "peers", "decisions", "fraud"):
        assert client.get(f"/v1/{path}").status_code == 404, path
