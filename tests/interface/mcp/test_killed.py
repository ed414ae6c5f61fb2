"""A server that is killed in the middle of its work: what it answered is there, each call whole or not at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.interface.mcp.memory import Memory
from focusmesh.interface.mcp.records import Entity, Relation
from tests.conftest import SOAK
from tests.interface.cli.conftest import PROGRAM

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interface.mcp.conftest import NewStore

KILLS = 40 if SOAK else 2
SECONDS = 60
MEMBERS = 5
HELLO = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "0"},
    },
}


class Talk:
    """A server in a process of its own, spoken to line by line."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [*PROGRAM, "mcp", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(os.environ),
        )
        self.send(HELLO)
        assert self.answer()["result"]["serverInfo"]["name"] == "focusmesh"
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def call(self, number: int, name: str, arguments: dict[str, Any]) -> None:
        params = {"name": name, "arguments": arguments}
        self.send({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params})

    def send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        code = self.process.wait(SECONDS)
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()
        return code


def group(number: int) -> dict[str, Any]:
    """A call that tells of several entities at once."""
    return {
        "entities": [
            {
                "name": f"{number}.{member}",
                "entityType": "member",
                "observations": [f"was {number}"],
            }
            for member in range(MEMBERS)
        ]
    }


def where(store: Any, tmp_path: Path) -> list[str]:
    """How the program is told of the memory of a store."""
    if hasattr(store, "ledger"):
        return ["--ledger", str(store.ledger.folder.path), "--key", "alice"]
    return [str(tmp_path / "memory.focusmesh")]


def test_what_was_answered_survives(new_store: NewStore, tmp_path: Path) -> None:
    random = Random(7)
    probe = new_store()
    arguments = where(probe, tmp_path)
    acknowledged: set[int] = set()
    number = 0
    for _ in range(KILLS):
        talk = Talk(*arguments)
        for _ in range(random.randint(1, 4)):
            number += 1
            talk.call(number, "create_entities", group(number))
            assert "isError" not in (found := talk.answer()["result"]) or not found["isError"]
            acknowledged.add(number)
        number += 1
        talk.call(number, "create_entities", group(number))
        time.sleep(random.random() * 0.02)
        talk.end(signal.SIGKILL)
        there = members(probe)
        assert acknowledged <= there.keys()
        assert set(there.values()) == {MEMBERS}
    Memory(probe).create_entities([Entity("after", "", [])])


def members(store: Any) -> dict[int, int]:
    """How many of each group are there."""
    counts: dict[int, int] = {}
    view = store.moment().view
    for at in view.entities:
        entity = view.entity(at)
        number = int(entity.name.partition(".")[0])
        assert entity.observations == [f"was {number}"]
        counts[number] = counts.get(number, 0) + 1
    return counts


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_while_it_waits_for_input(tmp_path: Path, number: int) -> None:
    talk = Talk(str(tmp_path / "memory.focusmesh"))
    talk.call(1, "create_relations", {"relations": [{"from": "a", "to": "b", "relationType": "c"}]})
    assert talk.answer()["id"] == 1
    begun = time.monotonic()
    assert talk.end(number) == 128 + number
    assert time.monotonic() - begun < SECONDS


def test_the_end_of_its_input_ends_it(new_store: NewStore, tmp_path: Path) -> None:
    probe = new_store()
    talk = Talk(*where(probe, tmp_path))
    talk.call(1, "create_relations", {"relations": [{"from": "a", "to": "b", "relationType": "c"}]})
    assert talk.answer()["id"] == 1
    assert talk.process.stdin is not None
    talk.process.stdin.close()
    assert talk.process.wait(SECONDS) == 0
    assert talk.process.stdout is not None
    talk.process.stdout.close()
    view = probe.moment().view
    assert [view.relation(row) for row in view.relations] == [Relation("a", "b", "c")]
