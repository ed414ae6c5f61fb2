"""A small grid of untrained models, and what every way in refuses."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, NamedTuple

from focusmesh.apps.grid import MemoryArrayStore
from focusmesh.engine.grid.model import Model
from focusmesh.host.grid import (
    GridService,
    KeptGrid,
    NewInstance,
    NewTemplate,
    Tie,
)

if TYPE_CHECKING:
    from focusmesh.apps.grid import ArrayStore

SECRET = bytes(range(32))
TEXTS = {
    "words": b"the quick brown fox jumps over the lazy dog. " * 8,
    "digits": b"3141592653 " * 20,
}
SHAPE = (24, 20, 16)


def filled(kept: KeptGrid) -> KeptGrid:
    """Two models, a template of both, and the cubes a and b, which are tied."""
    service = GridService(kept)
    for seed, (name, text) in enumerate(TEXTS.items()):
        service.add_model(name, Model.initial(seed, text))
    models = dict.fromkeys(("NEU", "NED", "NWU", "NWD", "CENTRAL"), "words")
    models |= dict.fromkeys(("SEU", "SED", "SWU", "SWD"), "digits")
    service.create_template(NewTemplate(name="mixed", models=models))
    service.create_instance(NewInstance(name="a", template="mixed", at=(1, 1, 1)))
    service.create_instance(NewInstance(name="b", template="mixed", at=(5, 5, 5)))
    service.connect(Tie(instance="a", other="b"))
    return kept


def small_grid(store: ArrayStore | None = None) -> KeptGrid:
    """The same in memory, with a clock that stands still."""
    chosen = MemoryArrayStore() if store is None else store
    return filled(KeptGrid.create(chosen, SHAPE, SECRET, clock=lambda: 1_700_000_000_000))


class Refused(NamedTuple):
    """A request that is refused: by which route and method, with which message over a web socket, how in a shell."""

    code: str
    status: int
    path: str
    body: dict[str, Any] | None = None
    said: dict[str, Any] | None = None
    words: tuple[str, ...] = ()


def worded(code: str, kind: str, words: tuple[str, ...], path: str = "", **body: Any) -> Refused:
    """What is refused alike over all three ways."""
    status = 404 if code.startswith("unknown") else 422
    return Refused(code, status, path or f"/v1/grid/{kind}", body, {"type": kind, **body}, words)


LONG = "é" * 40_000
REFUSALS = {
    "a block outside": Refused(
        "coordinates", 422, "/v1/grid/value?x=24&y=0&z=0", words=("value", "24", "0", "0")
    ),
    "a value outside": Refused(
        "coordinates",
        422,
        "/v1/grid/value",
        {"x": 0, "y": 0, "z": 99, "value": 1.0},
        words=("value", "0", "0", "99", "--set", "1"),
    ),
    "the block of a cube": Refused(
        "occupied",
        422,
        "/v1/grid/value",
        {"x": 1, "y": 2, "z": 1, "value": None},
        words=("value", "1", "2", "1", "--clear"),
    ),
    "a cube outside": Refused(
        "coordinates",
        422,
        "/v1/grid/instance/create",
        {"name": "c", "template": "mixed", "at": [23, 0, 0]},
        words=("instance", "c", "--template", "mixed", "--at", "23,0,0"),
    ),
    "a cube on another": Refused(
        "occupied",
        422,
        "/v1/grid/instance/create",
        {"name": "c", "template": "mixed", "at": [2, 2, 2]},
        words=("instance", "c", "--template", "mixed", "--at", "2,2,2"),
    ),
    "a name that is taken": Refused(
        "exists",
        422,
        "/v1/grid/instance/create",
        {"name": "a", "template": "mixed", "at": [9, 9, 9]},
        words=("instance", "a", "--template", "mixed", "--at", "9,9,9"),
    ),
    "a template of nothing": Refused(
        "unknown-model",
        404,
        "/v1/grid/template/create",
        {"name": "t", "models": "nothing"},
        words=("template", "t", "--model", "nothing"),
    ),
    "an unknown vertex": worded(
        "vertex",
        "process",
        ("process", "text", "--cube", "a", "--vertex", "UPU"),
        "/v1/grid/llm/process",
        instance="a",
        vertex="UPU",
        text="text",
    ),
    "an unknown cube": worded(
        "unknown-instance",
        "collective_think",
        ("think", "nobody", "text"),
        "/v1/grid/think",
        instance="nobody",
        text="text",
    ),
    "an illegal command": worded(
        "state", "execute", ("execute", "a", "start"), instance="a", command="start"
    ),
    "a command that is none": worded(
        "command", "execute", ("execute", "a", "dance"), instance="a", command="dance"
    ),
    "too much text": worded(
        "too-long",
        "collective_think",
        ("think", "a", LONG),
        "/v1/grid/think",
        instance="a",
        text=LONG,
    ),
    "no text": worded("empty", "cascade", ("cascade", "a", ""), instance="a", text="", start="NEU"),
    "too deep": worded(
        "depth",
        "cascade",
        ("cascade", "a", "text", "--depth", "99"),
        instance="a",
        text="text",
        depth=99,
    ),
    "where no edge is": worded(
        "edge",
        "send_message",
        ("send", "NEU", "SWD", "text", "--cube", "a"),
        "/v1/grid/send",
        instance="a",
        source="NEU",
        target="SWD",
        text="text",
    ),
    "a plane outside": Refused(
        "face",
        422,
        "/v1/grid/llm/interlock",
        {"plane": "z", "index": 16, "operation": "clear"},
        words=("interlock", "clear", "z", "--index", "16"),
    ),
    "an operation that is none": Refused(
        "operation",
        422,
        "/v1/grid/llm/interlock",
        {"plane": "north", "operation": "paint"},
        words=("interlock", "paint", "north"),
    ),
}


def forged(certificate: str) -> str:
    """A certificate in base64, with one bit of its last signature turned over."""
    content = bytearray(base64.b64decode(certificate))
    content[-1] ^= 1
    return base64.b64encode(content).decode()


def told(kept: KeptGrid) -> tuple[Any, ...]:
    """All of a grid that is kept: what is refused leaves this as it is."""
    history = kept.history
    with kept.store.read() as reader:
        records = {kind: reader.records(kind) for kind in ("grid", "model", "template", "instance")}
    return history.height, history.tip.id, records, list(kept.grid.array.tiles())
