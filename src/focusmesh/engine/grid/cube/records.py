"""A grid as records, for a store: everything but the array, which is kept as tiles."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from focusmesh.engine.grid.cube.grid import Grid
from focusmesh.engine.grid.cube.instance import Instance
from focusmesh.engine.grid.cube.packml import DONE
from focusmesh.engine.grid.model import Model, QuantisedModel
from focusmesh.errors import CodecError, DamagedFileError, GridError, NewerVersionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from focusmesh.engine.grid.array import BlockArray

FORMAT = 1
RECORD_KINDS = ("grid", "instance", "model", "quantised", "template")
"""Kinds of all the records that a grid may have."""

Records = dict[tuple[str, str], bytes]
_READERS: dict[str, Callable[[bytes], Model | QuantisedModel]] = {
    "model": Model.from_bytes,
    "quantised": QuantisedModel.from_bytes,
}

_KINDS: dict[type[Model | QuantisedModel], str] = {Model: "model", QuantisedModel: "quantised"}


def grid_records(grid: Grid) -> Records:
    """The records of a grid by (kind, name). Messages that wait are kept, statistics are not.

    Raises GridError ``"model"`` for a model that is neither a ``Model`` nor a ``QuantisedModel``.
    """
    records: Records = {
        ("grid", "grid"): _text(
            {
                "format": FORMAT,
                "edges": sorted(map(sorted, grid.edges)),
                "models": grid.model_numbers,
            }
        )
    }
    for name, model in grid.models.items():
        if not isinstance(model, Model | QuantisedModel):
            raise GridError(
                "model", f"{name} is not a Model or QuantisedModel; a grid keeps only these"
            )
        records[_KINDS[type(model)], name] = model.to_bytes()
    for name, template in grid.templates.items():
        weights = None if template.weights is None else dict(template.weights)
        records["template", name] = _text(
            {
                "models": dict(template.models),
                "diagonals": template.diagonals,
                "weights": weights,
                "trim": template.trim,
            }
        )
    for name, cube in grid.instances.items():
        records["instance", name] = _instance_record(grid, cube)
    return records


def _instance_record(grid: Grid, cube: Instance) -> bytes:
    # What was acting when the process ended did not end well; waiting states are kept as they are.
    return _text(
        {
            "template": cube.template.name,
            "at": list(cube.at),
            "state": "Aborted" if cube.state in DONE else cube.state,
            "load": grid.fields.load.value(cube.name),
            "trust": grid.fields.trust.value(cube.name),
            "surprises": cube.surprises,
            "waiting": [
                [message.number, message.source, message.target, message.data.hex()]
                for place in cube.cube.models
                for message in cube.messages_at(place)
            ],
            "sent": cube.cube.post.sent_count,
        }
    )


def grid_from_records(
    array: BlockArray,
    records: Mapping[tuple[str, str], bytes],
    clock: Callable[[], float] = time.monotonic,
) -> Grid:
    """The grid that ``grid_records`` gave, over its array. An empty mapping is a grid with nothing in it.

    Raises DamagedFileError for records that are none, NewerVersionError for those of a later format.
    """
    grid = Grid(array, clock)
    if not records:
        return grid
    try:
        _fill(grid, records, clock)
    except (AttributeError, KeyError, TypeError, ValueError, CodecError, GridError) as error:
        if isinstance(error, NewerVersionError):
            raise
        raise DamagedFileError(f"the records of a grid contradict each other: {error}") from error
    return grid


def _fill(grid: Grid, records: Mapping[tuple[str, str], bytes], clock: Callable[[], float]) -> None:
    head = json.loads(records["grid", "grid"])
    if head["format"] > FORMAT:
        raise NewerVersionError(
            f"a grid of format {head['format']}; this focusmesh reads up to {FORMAT}: upgrade it"
        )
    for (kind, name), data in sorted(records.items()):
        if kind in _READERS:
            grid.add_model(name, _READERS[kind](data), head["models"][name])
    for (kind, name), data in sorted(records.items()):
        if kind == "template":
            grid.create_template(name, **json.loads(data))
    for (kind, name), data in sorted(records.items()):
        if kind == "instance":
            _add_instance(grid, name, json.loads(data), clock)
    for one, other in head["edges"]:
        grid.connect(one, other)


def _add_instance(grid: Grid, name: str, kept: dict[str, Any], clock: Callable[[], float]) -> None:
    template = grid.template(kept["template"])
    cube = template.cube(grid.models)
    x, y, z = kept["at"]
    made = Instance(name, template, (x, y, z), cube, grid.fields, clock, kept["state"])
    made.surprises.update(kept["surprises"])
    for number, source, target, data in kept["waiting"]:
        cube.post.restore(number, source, target, bytes.fromhex(data))
    cube.post.sent_count = kept["sent"]
    grid.restore(made)
    grid.fields.load.put(name, kept["load"])
    grid.fields.trust.put(name, kept["trust"])


def _text(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False).encode()
