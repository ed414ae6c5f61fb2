"""Gauges of a network's node, from the note that the node keeps."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.host.ledger import change_operation, readiness
from focusmesh.host.service import NetworkClock, Service
from focusmesh.host.storage.ledger_folder import Folder
from focusmesh.interface.server.http.network_metrics import (
    CLOCK_GAUGES,
    NETWORK_GAUGES,
    clock_gauges,
    finality_lines,
    network_gauges,
)
from focusmesh.kernel.node import FINALITY_BUCKETS, FINALITY_STAGES
from focusmesh.kernel.session import Step
from tests.apps.toy.test_toy import opened
from tests.ledger_fixtures import new_key, new_ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.ledger_fixtures import NewLedger

__all__ = ["new_key", "new_ledger"]

SAID: dict[str, Any] = {
    "process": os.getpid(),
    "target": 9,
    "height": 7,
    "waiting": 2,
    "pool_used": 0.25,
    "pool_refused": 3,
    "trouble": "",
    "peers": [{}, {}, {}],
    "epoch": 4,
    "round": 17,
    "voters": ["aa", "bb"],
    "weight": 100,
    "weight_present": 75,
    "own_votes": 30,
    "equivocations": 1,
    "jailed": 2,
    "decided": {"height": 8, "time": 2_000},
    "finality": {"seconds": 1.5, "counts": [0, 2, *[0] * 8, 1, 1]},
    "sent_bytes": 7,
    "received_bytes": 8,
}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    """One whose node is this process."""
    (tmp_path / "node.lock").write_text(str(os.getpid()))
    with (tmp_path / "node.lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Folder(tmp_path)


def say(folder: Folder, said: dict[str, Any]) -> None:
    (folder.path / "network.json").write_text(json.dumps(said))


def test_all_that_is_said_is_a_gauge(folder: Folder) -> None:
    say(folder, SAID)
    found = {name: value for name, (_, value) in network_gauges(folder, 5.0).items()}
    assert set(found) == set(NETWORK_GAUGES)
    assert found["network_decided_seconds"] == 3.0
    assert (found["network_peers"], found["network_voters"]) == (3.0, 2.0)
    assert (found["network_pool_used"], found["network_pool_refused"]) == (0.25, 3.0)
    assert (found["network_final_height"], found["network_trouble"]) == (8.0, 0.0)
    assert found["network_lag_blocks"] == 2.0


def test_a_clock_that_cannot_change_has_no_heartbeat() -> None:
    assert clock_gauges(NetworkClock(2_000, 0, 0), 5.0) == {
        "network_block_seconds": (CLOCK_GAUGES["network_block_seconds"], 3.0)
    }
    found = {
        name: value
        for name, (_, value) in clock_gauges(NetworkClock(9_000, 60_000, 2), 5.0).items()
    }
    assert found == {
        "network_block_seconds": 0.0,
        "network_heartbeat_seconds": 60.0,
        "network_unknown_operations": 2.0,
    }


@pytest.mark.parametrize(("own", "unknown"), [(True, 0), (False, 1)])
def test_a_set_that_this_release_lacks_is_told_before_it_begins(
    new_ledger: NewLedger, own: bool, unknown: int
) -> None:
    path = new_ledger()
    with closing(opened(path)) as here:
        here.send([Step(readiness(here.chain).as_fields())])
        operations = here.chain.registry.digest if own else b"x" * 32
        change = change_operation(here.chain, b"", (operations, "9.9", ""), 900, b"")
        here.send([Step(change.as_fields())])
    with Service.open(path) as service:
        clock = service.ledger.networks.clock()
    assert (clock.unknown, clock.heartbeat_ms) == (unknown, 3_600_000)


def test_what_is_not_said_is_no_gauge(folder: Folder) -> None:
    assert network_gauges(folder, 5.0) == {}
    say(folder, {"process": os.getpid(), "trouble": "no peer", "epoch": "x", "decided": 3})
    found = {name: value for name, (_, value) in network_gauges(folder, 5.0).items()}
    assert found == {"network_running": 1.0, "network_trouble": 1.0}
    assert list(finality_lines(folder)) == []


def test_a_node_that_ended_says_nothing(folder: Folder) -> None:
    say(folder, {**SAID, "process": os.getpid() + 1})
    assert network_gauges(folder, 5.0) == {
        "network_running": (NETWORK_GAUGES["network_running"], 0.0)
    }
    assert list(finality_lines(folder)) == []


def test_times_are_a_histogram(folder: Folder) -> None:
    say(folder, SAID)
    lines = list(finality_lines(folder))
    assert 'focusmesh_finality_seconds_bucket{le="0.1"} 2' in lines
    assert 'focusmesh_finality_seconds_bucket{le="10.0"} 3' in lines
    assert 'focusmesh_finality_seconds_bucket{le="+Inf"} 4' in lines
    assert lines[-2:] == [
        "focusmesh_finality_seconds_sum 1.500000",
        "focusmesh_finality_seconds_count 4",
    ]
    assert len(lines) == len(FINALITY_BUCKETS) + 5


def test_stages_are_a_histogram_each(folder: Folder) -> None:
    waits = SAID["finality"]
    stages = dict.fromkeys(FINALITY_STAGES, waits) | {"check": {"counts": "x"}, "new": waits}
    say(folder, {**SAID, "finality": {**waits, "stages": stages}})
    name = "focusmesh_finality_stage_seconds"
    lines = [line for line in finality_lines(folder) if name in line]
    assert lines[1] == f"# TYPE {name} histogram"
    assert f'{name}_bucket{{stage="batch",le="0.1"}} 2' in lines
    assert f'{name}_sum{{stage="commit"}} 1.500000' in lines
    assert f'{name}_count{{stage="votes"}} 4' in lines
    assert len(lines) == 2 + 4 * (len(FINALITY_BUCKETS) + 3), "check is damaged, new is unknown"
