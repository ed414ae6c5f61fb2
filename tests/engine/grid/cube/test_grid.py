"""A grid: cubes in their places, what may be done when, what is measured, and what is refused with nothing changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from focusmesh.engine.grid.array import BlockArray
from focusmesh.engine.grid.cube import (
    CENTRAL,
    PLACES,
    VERTICES,
    Grid,
    blocks_of,
    grid_from_records,
    grid_records,
)
from focusmesh.errors import DamagedFileError, GridError, NewerVersionError
from tests.engine.grid.cube.makers import Clock, Counting, grid

if TYPE_CHECKING:
    from collections.abc import Callable


def pair() -> Grid:
    """A grid of two cubes that an edge joins, and one alone that was not started."""
    made = grid()
    made.create_instance("a", "eight", (0, 0, 0))
    made.create_instance("b", "eight", (2, 0, 0))
    made.create_instance("idle", "eight", (10, 10, 10), start=False)
    made.connect("a", "b")
    return made


def everything(of: Grid) -> tuple[Any, ...]:
    """All that a refusal must leave alone."""
    return grid_records(of), list(of.array.tiles()), of.array.tick, of.statistics()


def test_a_cube_has_eight_blocks_with_its_models() -> None:
    made = pair()
    assert made.array.count == 24
    for vertex, corner in blocks_of((2, 0, 0)).items():
        block = made.value(*corner)
        assert block is not None
        assert block.model == made.model_numbers[vertex.lower()]
        assert block.kappa == pytest.approx(0.6)
    assert made.instance("b").state == "Execute"
    assert made.instance("idle").state == "Stopped"


def test_a_cube_goes_without_a_trace() -> None:
    made = pair()
    made.remove_instance("b")
    assert (made.array.count, made.edges, sorted(made.instances)) == (16, set(), ["a", "idle"])
    made.create_instance("c", "eight", (1, 1, 2))
    assert made.array.count == 24


REFUSED: list[tuple[str, Callable[[Grid], object]]] = [
    ("coordinates", lambda g: g.create_instance("c", "eight", (39, 0, 0))),
    ("coordinates", lambda g: g.create_instance("c", "eight", (-1, 20, 0))),
    ("coordinates", lambda g: g.value(40, 0, 0)),
    ("coordinates", lambda g: g.set_value(0, 0, 40, 1.0)),
    ("occupied", lambda g: g.create_instance("c", "eight", (1, 1, 1))),
    ("occupied", lambda g: g.set_value(0, 0, 0, 1.0)),
    ("occupied", lambda g: g.interlock("clear", "west")),
    ("face", lambda g: g.interlock("clear", "left")),
    ("operation", lambda g: g.interlock("explode", "west")),
    ("exists", lambda g: g.create_instance("a", "eight", (20, 0, 0))),
    ("exists", lambda g: g.create_template("eight", "neu")),
    ("exists", lambda g: g.add_model("neu", Counting())),
    ("full", lambda g: g.add_model("other", Counting(), 1)),
    ("full", lambda g: g.add_model("other", Counting(), 65_535)),
    ("name", lambda g: g.create_instance("no name", "eight", (20, 0, 0))),
    ("name", lambda g: g.create_template("", "neu")),
    ("unknown-template", lambda g: g.create_instance("c", "nine", (20, 0, 0))),
    ("unknown-template", lambda g: g.idlest("nine")),
    ("unknown-model", lambda g: g.create_template("t", "llama")),
    ("template", lambda g: g.create_template("t", {"NEU": "neu"})),
    ("template", lambda g: g.create_template("t", "neu", "round")),
    ("template", lambda g: g.create_template("t", "neu", weights={"NEU": -1.0})),
    ("template", lambda g: g.create_template("t", "neu", trim=5)),
    ("vertex", lambda g: g.create_template("t", {"TOP": "neu"})),
    ("in-use", lambda g: g.remove_template("eight")),
    ("unknown-instance", lambda g: g.instance("z")),
    ("unknown-instance", lambda g: g.remove_instance("z")),
    ("unknown-instance", lambda g: g.connect("a", "z")),
    ("edge", lambda g: g.connect("a", "a")),
    ("edge", lambda g: g.disconnect("a", "idle")),
    ("edge", lambda g: g.send("a", "idle", b"x")),
    ("empty", lambda g: g.send("a", "b", b"")),
    ("too-long", lambda g: g.send("a", "b", bytes(5000))),
    ("state", lambda g: g.instance("idle").collective_think(b"x")),
    ("state", lambda g: g.instance("idle").process_vertex("NEU", b"x")),
    ("state", lambda g: g.instance("idle").send("NEU", "NED", b"x")),
    ("state", lambda g: g.instance("idle").shares(b"x")),
    ("state", lambda g: next(g.instance("idle").generate(b"x", 1))),
    ("state", lambda g: g.instance("idle").execute("start")),
    ("command", lambda g: g.instance("a").execute("explode")),
    ("vertex", lambda g: g.instance("a").process_vertex("TOP", b"x")),
]


@pytest.mark.parametrize(("code", "act"), REFUSED)
def test_what_is_refused_changes_nothing(code: str, act: Callable[[Grid], object]) -> None:
    made = pair()
    before = everything(made)
    with pytest.raises(GridError) as refused:
        act(made)
    assert refused.value.code == code
    assert everything(made) == before


def test_a_plane_without_cubes_is_cleared() -> None:
    made = pair()
    assert made.interlock("activate", "z", 30).changed == 1600
    assert made.interlock("clear", "z", 30).changed == 1600
    assert made.array.count == 24


def test_models_run_over_a_plane() -> None:
    made = pair()
    batches = made.process_plane("z", 0, windows=b"import ")
    assert (batches.total, batches.without_model) == (8, 0)
    assert sum(len(batch.blocks) for batch in batches) == 8


def test_a_message_to_a_neighbouring_cube_is_read_by_its_centre() -> None:
    made = pair()
    made.send("a", "b", b"import")
    (message,) = made.instance("b").messages_at(CENTRAL)
    assert (message.source, message.data) == ("a", b"import")
    assert made.instance("b").process_vertex(CENTRAL).vertex == CENTRAL
    assert made.instance("b").messages_at(CENTRAL) == ()


def busy_grid(seconds: float) -> tuple[Grid, Clock]:
    """Two cubes whose forwards take time."""
    clock = Clock()
    made = Grid(BlockArray(40), clock)
    made.add_model("slow", Counting(5, seconds, clock))
    made.create_template("slow", "slow")
    for number, name in enumerate("ab"):
        made.create_instance(name, "slow", (2 * number, 0, 0), start=False)
        made.instance(name).execute("reset")
        made.instance(name).execute("start")
    made.step_kappa()
    return made, clock


def test_kappa_rises_with_the_share_of_time_at_work_and_schedules() -> None:
    made, clock = busy_grid(0.1)
    for _ in range(30):
        made.instance("a").collective_think(b"x")
        clock.now += 0.1
        made.step_kappa()
    assert made.instance("a").kappa > 0.85
    assert made.instance("b").kappa == pytest.approx(0.6)
    assert made.idlest("slow").name == "b"
    block = made.value(0, 0, 0)
    assert block is not None
    assert block.kappa == pytest.approx(made.instance("a").kappa)
    made.step_kappa(60)
    assert made.instance("a").kappa == pytest.approx(0.6, abs=0.05)


def test_what_is_the_same_is_not_written_again() -> None:
    made, _ = busy_grid(0.0)
    made.step_kappa()
    made.array.take_dirty()
    tick = made.array.tick
    made.step_kappa(3)
    assert (made.array.take_dirty(), made.array.tick) == ([], tick)
    made.instance("a").process_vertex("NEU", b"x")
    made.step_kappa()
    assert len(made.array.take_dirty()) == 1


def test_agreement_lowers_the_temperature() -> None:
    made, _ = busy_grid(0.0)
    assert made.instance("a").temperature == 1.0
    for _ in range(20):
        made.instance("a").collective_think(b"x")
        made.step_kappa()
    assert made.instance("a").agreement is None
    assert made.instance("a").temperature < 0.75
    assert made.instance("b").temperature == 1.0


def test_what_is_counted() -> None:
    made = pair()
    made.instance("a").collective_think(b"x")
    made.instance("a").process_vertex("NEU", b"import")
    list(made.instance("b").generate(b"x", 3, vertex="NEU"))
    counted = made.statistics()
    assert (counted.cubes, counted.blocks, counted.edges, counted.models) == (3, 24, 1, 9)
    assert (counted.forwards, counted.operations, counted.generated_bytes) == (9 + 1 + 3, 5, 3)
    assert counted.states == {"Execute": 2, "Stopped": 1}
    assert made.health().ok


def test_states_of_a_cube() -> None:
    cube = pair().instance("idle")
    cube.execute("reset")
    assert cube.execute("start") == "Execute"
    cube.send("NEU", "NED", b"x")
    assert cube.execute("hold") == "Held"
    assert cube.commands() == ("stop", "unhold", "abort")
    cube.execute("unhold")
    assert cube.execute("complete") == "Complete"
    cube.execute("reset")
    assert cube.messages_at("NED") == ()


def test_a_model_that_fails_at_the_start_aborts_its_cube() -> None:
    made = grid()

    class Broken(Counting):
        def forward(self, window: bytes) -> Any:
            raise MemoryError

    made.add_model("broken", Broken())
    made.create_template("broken", "broken")
    with pytest.raises(MemoryError):
        made.create_instance("c", "broken", (0, 0, 0))
    assert made.instance("c").state == "Aborted"
    assert made.health().problems == ("cube c is Aborted: clear, reset and start it",)


def test_a_stream_ends_where_execute_does() -> None:
    cube = pair().instance("a")
    stream = cube.generate(b"x", 5)
    next(stream)
    cube.execute("hold")
    with pytest.raises(GridError, match="Held"):
        next(stream)


def test_a_grid_is_kept_and_comes_back() -> None:
    made = pair()
    made.instance("a").process_vertex("NEU", b"import")
    made.instance("a").send("NEU", "NED", b"wait")
    made.send("a", "b", b"for me")
    made.instance("b").execute("hold")
    made.step_kappa()
    made.add_model("whole", made.models["neu"].quantise())  # type: ignore[attr-defined]
    records = grid_records(made)
    again = grid_from_records(BlockArray.from_tiles(40, made.array.tiles()), records, Clock())
    assert grid_records(again) == records
    assert [message.data for message in again.instance("b").messages_at(CENTRAL)] == [b"for me"]
    assert again.instance("b").state == "Held"
    again.send("b", "a", b"x")
    with pytest.raises(GridError, match="is the cube"):
        again.create_instance("c", "eight", (1, 0, 0))
    assert again.instance("a").collective_think(b"im").next_byte == (
        made.instance("a").collective_think(b"im").next_byte
    )
    assert grid_from_records(BlockArray(40), {}).instances == {}


def test_records_that_are_none() -> None:
    records = grid_records(pair())
    head = records["grid", "grid"]
    name = next(name for kind, name in records if kind == "template")
    weighted = json.dumps(json.loads(records["template", name]) | {"weights": 5}).encode()
    with pytest.raises(DamagedFileError):
        grid_from_records(BlockArray(40), records | {("template", name): weighted})
    with pytest.raises(NewerVersionError, match="upgrade"):
        grid_from_records(
            BlockArray(40),
            records | {("grid", "grid"): head.replace(b'"format": 1', b'"format": 2')},
        )
    for key in records:
        for damaged in (b"", records[key][:-1], b"{}"):
            with pytest.raises(DamagedFileError):
                grid_from_records(BlockArray(40), records | {key: damaged})
        without = {name: data for name, data in records.items() if name != key}
        if key[0] != "instance" or key[1] in {"a", "b"}:
            try:
                left = grid_from_records(BlockArray(40), without)
            except DamagedFileError:
                continue
            assert key[0] not in {"grid", "template", "instance"} or not left.instances


def test_a_grid_of_other_models_is_not_kept() -> None:
    made = grid()
    made.add_model("counting", Counting())
    with pytest.raises(GridError, match="counting is not a Model"):
        grid_records(made)


def test_names_of_places() -> None:
    assert (*VERTICES, CENTRAL) == PLACES
