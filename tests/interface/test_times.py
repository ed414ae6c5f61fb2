"""A date names the same links on every face, whatever unit their times have."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from typer.testing import CliRunner

from focusmesh import Graph
from focusmesh.errors import InputError, ParameterError
from focusmesh.host.service import Service
from focusmesh.interface.cli.application import application
from focusmesh.interface.mcp import FileStore, Tools
from tests.interface.server.grpc.conftest import failure, served

if TYPE_CHECKING:
    from pathlib import Path

MOMENTS = {
    "eve": datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC),
    "new year": datetime(2026, 1, 1, tzinfo=UTC),
    "night": datetime(2026, 1, 1, 23, 59, 59, tzinfo=UTC),
    "summer": datetime(2026, 7, 1, 12, tzinfo=UTC),
}
UNITS = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}
ASKED: dict[tuple[str, Any], set[str]] = {
    ("since", "2026-01-01"): {"new year", "night", "summer"},
    ("since", date(2026, 1, 1)): {"new year", "night", "summer"},
    ("since", datetime(2026, 1, 1, 13)): {"night", "summer"},
    ("since", np.datetime64("2026-01-02")): {"summer"},
    ("since", "2026-07-01T14:00+02:00"): {"summer"},
    ("since", "2026-07-01T12:00:00.000001"): set(),
    ("until", "2026-01-01"): {"eve", "new year", "night"},
    ("until", "2026-01-01T00:00"): {"eve", "new year"},
    ("as_of", "2025-12-31"): {"eve"},
    ("as_of", "2026-01-01T23:59:59"): {"eve", "new year", "night"},
}


def graph_of(ticks: int) -> Graph:
    times = [int(moment.timestamp()) * ticks for moment in MOMENTS.values()]
    return Graph.from_edges(["diary"] * len(times), list(MOMENTS), time=times)


@pytest.mark.parametrize("ticks", UNITS.values(), ids=UNITS)
@pytest.mark.parametrize(("name", "given"), ASKED)
def test_a_date_is_read_in_the_unit_of_the_links(ticks: int, name: str, given: Any) -> None:
    found = graph_of(ticks).recall(context=["diary"], **{name: given})
    assert {item.particle for item in found.items} == ASKED[name, given]


@pytest.fixture
def diary(tmp_path: Path) -> Path:
    """Times in milliseconds, as memories and ledgers have them."""
    path = tmp_path / "diary.focusmesh"
    graph_of(1_000).save(path)
    return path


@pytest.mark.parametrize("name", ["since", "as_of"])
def test_all_faces_take_the_same_date(diary: Path, name: str) -> None:
    spelt = "2026-01-01" if name == "since" else "2026-01-01T00:00:00Z"
    expected = {"new year", "night", "summer"} if name == "since" else {"eve", "new year"}
    flag = f"--{name.replace('_', '-')}"
    typed = ["recall", str(diary), "--from", "diary", flag, spelt, "--json", "--quiet"]
    done = CliRunner().invoke(application, typed)
    assert done.exit_code == 0, done.output
    found = [json.loads(done.stdout)["items"]]
    query = f'{{ recall(seeds: ["diary"], {name}_date: "{spelt}") {{ items {{ particle {{ name }} }} }} }}'
    with served(Service.open(diary)) as both:
        found.append(both.http.get(f"/v1/recall?from=diary&{name}={spelt}").json()["items"])
        told = both.http.post("/v1/graphql", json={"query": query}).json()
        found.append([each["particle"]["name"] for each in told["data"]["recall"]["items"]])
        answer = both.grpc.Recall(seeds=["diary"], **{f"{name}_date": spelt})
        found.append([each.particle for each in answer.items])
        refused = both.http.get(f"/v1/recall?from=diary&{name}=soon")
        assert (refused.status_code, refused.json()["parameter"]) == (400, name)
        both_said = {name: 5, f"{name}_date": spelt}
        refusal = failure(lambda: both.grpc.Recall(seeds=["diary"], **both_said))
        assert refusal[:2] == ("INVALID_ARGUMENT", "parameter")
    names = [
        {each["particle"] if isinstance(each, dict) else each for each in one} for one in found
    ]
    assert names == [expected] * len(names)
    if name == "as_of":
        recalled = Tools(FileStore(diary)).call("recall", {"context": ["diary"], name: spelt}).data
        assert {item.text for item in recalled.items} == expected


def test_a_memory_goes_on_in_the_unit_of_its_links(diary: Path, tmp_path: Path) -> None:
    for ticks in (1_000, 1_000_000):
        path = tmp_path / f"{ticks}.focusmesh"
        graph_of(ticks).save(path)
        Tools(FileStore(path)).call("remember", {"text": "The diary is full."})
        times = Graph.read(path).links().time
        assert times is not None
        assert len(times) > len(MOMENTS)
        assert int(times.min()) == int(MOMENTS["eve"].timestamp()) * ticks


def test_a_date_says_nothing_of_times_that_are_no_moments() -> None:
    steps = Graph.from_edges(["a", "b"], ["b", "c"], time=[1, 2_024])
    with pytest.raises(ParameterError, match="no link's time is a moment"):
        steps.recall(context=["a"], since="2024-01-01")
    assert steps.recall(context=["a"], since="2").items
    with pytest.raises(InputError, match="no link of this graph has a time"):
        Graph.from_edges(["a"], ["b"]).recall(context=["a"], as_of="2024-01-01")
    with pytest.raises(ParameterError, match="no time is both"):
        steps.subgraph(since="2024-01-02", until="2024-01-01")
