"""Changes on gRPC, HTTP and MCP: the same rows everywhere, and verbs that an agent or another program signs."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec
import pytest

from focusmesh.errors import InputError, ParameterError
from focusmesh.host.ledger import readiness, rules_in_force, written_changes
from focusmesh.host.service import Service
from focusmesh.interface.mcp import LedgerStore, Tools
from focusmesh.interface.server.process import openapi_document
from focusmesh.kernel.session import Step
from focusmesh.kernel.state import read_changes
from focusmesh.protocol.codec import decode
from tests.apps.toy.test_toy import opened
from tests.interface.server.grpc.conftest import failure, served
from tests.ledger_fixtures import alice, bob, ledger, new_key, new_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from focusmesh.protocol.identity import SigningKey

__all__ = ["alice", "bob", "ledger", "new_key", "new_ledger"]

BURN = written_changes(["link_burn=2"])
LATER = {"operations": "", "release": "", "migrations": "", "from_epoch": 900}


@pytest.fixture
def changing(ledger: Path) -> Path:
    """A ledger of alice's whose rules can change."""
    with closing(opened(ledger)) as here:
        here.send([Step(readiness(here.chain).as_fields())])
        assert here.chain.parameters.can_change
    return ledger


def test_an_agent_proposes_and_votes(changing: Path, alice: SigningKey) -> None:
    with closing(LedgerStore(opened(changing))) as store:
        tools = Tools(store, commands=True)
        placed = tools.call("changes_propose", {"changes": BURN.hex(), **LATER}).data
        assert placed.height == 2
        (row,) = rows(tools)
        assert (row["changes"], row["from_epoch"]) == (["link_burn=2"], 900)
        assert row["passed_epoch"], "the vote of one who makes all blocks is enough"
        with pytest.raises(InputError, match="no change"):
            tools.call("changes_vote", {"change": row["id"], "approves": False})
        assert row["approving"] == [alice.public.hex()]
        assert rows(tools, law=True) == [row]


def test_what_cannot_be_is_refused_by_its_name(changing: Path) -> None:
    with closing(LedgerStore(opened(changing))) as store:
        tools = Tools(store, commands=True)
        for name, asked in (
            ("changes_propose", {"changes": "zz", **LATER}),
            ("changes_propose", {"changes": BURN.hex(), **LATER, "from_epoch": 0}),
            ("changes_vote", {"change": "ab", "approves": True}),
            ("changes_vote", {"change": "ab" * 32}),
        ):
            with pytest.raises(ParameterError):
                tools.call(name, asked)
        assert rows(tools) == []


def test_only_who_is_told_to_signs(changing: Path) -> None:
    with closing(LedgerStore(opened(changing))) as store:
        offered = Tools(store).offered
        assert "changes" in offered
        assert not {"changes_propose", "changes_vote"} & offered.keys()


def test_grpc_lists_and_prepares(changing: Path, alice: SigningKey) -> None:
    with closing(LedgerStore(opened(changing))) as store:
        Tools(store, commands=True).call("changes_propose", {"changes": BURN.hex(), **LATER})
    with served(Service.open(changing)) as both:
        (item,) = both.grpc.Changes().items
        assert (list(item.changes), item.from_epoch) == (["link_burn=2"], 900)
        assert list(item.approving) == [alice.public.hex()]
        made = both.grpc.EncodePropose(changes=BURN, **LATER | {"operations": b""})
        name, changes, *_ = decode(bytes.fromhex(made.bytes))
        assert (name, read_changes(changes)) == ("propose_change/2", (("link_burn", 2),))
        made = both.grpc.EncodeVote(change=bytes.fromhex(item.id), approves=True)
        assert decode(bytes.fromhex(made.bytes))[0] == "vote_change/1"
        wrong = failure(lambda: both.grpc.EncodeVote(change=b"ab", approves=True))
        assert wrong[:2] == ("INVALID_ARGUMENT", "parameter")


def test_rules_are_those_of_the_command(changing: Path) -> None:
    with closing(LedgerStore(opened(changing))) as store:
        tools = Tools(store, commands=True)
        tools.call("changes_propose", {"changes": BURN.hex(), **LATER, "from_epoch": 2})
        told = tools.call("changes_rules", {}).data
        expected = rules_in_force(store.ledger.chain)
    assert (told.can_change, told.version, told.epoch) == (True, 5, 2)
    assert [(each.name, each.least, each.most) for each in told.rules] == [
        (each.name, each.least, each.most) for each in expected
    ]
    assert {each.name: each.value for each in told.rules}["link_burn"] == "2"
    with served(Service.open(changing)) as both:
        found = both.grpc.Rules()
        assert (found.epoch, len(found.rules)) == (2, len(expected))


def test_a_network_that_cannot_change_has_no_such_rules(ledger: Path) -> None:
    with closing(LedgerStore(opened(ledger))) as store:
        told = Tools(store).call("changes_rules", {}).data
    assert (told.can_change, told.epoch, told.rules) == (False, 0, [])


def test_the_example_of_the_schema_is_a_change() -> None:
    assert BURN.hex() in json.dumps(openapi_document())


def rows(tools: Tools, **asked: object) -> list[dict[str, object]]:
    found: list[dict[str, object]] = msgspec.to_builtins(tools.call("changes", asked).data)["items"]
    return found
