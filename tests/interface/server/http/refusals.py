"""What the description of the API cannot say: each refusal of a request that it allows, by its code and its reason.

A row holds for a request of its operation alone, and only where ``when`` finds its reason in the request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from focusmesh.engine.links import Filters, read_time
from focusmesh.engine.reasoning import graph_rules, read_fact
from focusmesh.errors import InputError, ParameterError
from tests.host.grids import SHAPE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SQUARE_SIDE = 4
"""Of the squares of the ledger that is served: its blocks are small."""
DATA_BYTES_MAX = 65_536
_BY_RULES = ("/v1/rules", "/v1/why")
_PLANE_AXES = {"x": 0, "y": 1, "z": 2, "yz": 0, "xz": 1, "xy": 2}


class Asked(NamedTuple):
    """A request as it was made: ``kind`` is what is served, ``query`` its parameters, those of its path with them."""

    kind: str
    method: str
    path: str
    query: dict[str, Any]
    body: Any = None

    def words(self, *names: str) -> list[str]:
        """The texts of some parameters, those of lists one by one."""
        found: list[str] = []
        for name in names:
            value = self.query.get(name)
            found += value if isinstance(value, list) else [] if value is None else [value]
        return [str(one) for one in found]


class Refusal(NamedTuple):
    """A refusal of an operation, or of all whose path begins with ``path`` and a star."""

    path: str
    status: int
    code: str
    reason: str
    when: Callable[[Asked], bool]

    def covers(self, asked: Asked, status: int, code: str) -> bool:
        """Whether this is the refusal, and the request has its reason."""
        start = self.path.removesuffix("*")
        is_its = asked.path.startswith(start) if "*" in self.path else asked.path == start
        return is_its and (status, code) == (self.status, self.code) and self.when(asked)


def allowed(asked: Asked, status: int, problem: dict[str, Any]) -> bool:
    """Whether a request that the description allows may be refused so."""
    return any(row.covers(asked, status, problem.get("code", "")) for row in REFUSALS)


def _has_height(asked: Asked) -> bool:
    said = asked.body if asked.path in _BY_RULES else asked.query
    return asked.kind == "graph" and said.get("at") is not None


def _cannot_be_read(asked: Asked) -> bool:
    """Whether the rules, the goal or the fact are none, or name what is not there."""
    try:
        rules = graph_rules(asked.body["rules"])
        rules.verify_alone(patterns=False)
        if asked.path == "/v1/why":
            name, row = read_fact(asked.body["fact"])
            return len(rules.types.get(name, ())) != len(row)
        if asked.body.get("goal") is not None:
            rules.answer(asked.body["goal"])
        return any(name not in rules.types for name in asked.body.get("relation", ()))
    except InputError:
        return True


def _has_limits(asked: Asked) -> bool:
    return bool({"seconds", "rows", "inferences", "memory_mib"} & asked.body.keys())


def _says_nothing(asked: Asked) -> bool:
    question = "".join(asked.words("question"))
    return not any(letter.isalnum() for letter in question) and not asked.words("from")


def _has_times(asked: Asked) -> bool:
    return asked.kind == "graph" and bool(asked.words("since", "until", "as_of"))


def _has_authors(asked: Asked) -> bool:
    return asked.kind == "graph" and bool(asked.words("author"))


def _has_kinds(asked: Asked) -> bool:
    return bool(asked.words("kind"))


def _are_no_times(asked: Asked) -> bool:
    told = {name: asked.query.get(name) for name in ("since", "until", "as_of")}
    try:
        Filters(since=told["since"], until=told["until"])
        read_time("as_of", told["as_of"])
    except ParameterError:
        return True
    return False


def _is_not_one_of_two(asked: Asked) -> bool:
    return ("top" in asked.query) == bool(asked.words("particle"))


def _has_long_name(asked: Asked) -> bool:
    names = asked.words("particle", "relation", "seed", "source", "target")
    return any(len(name.encode("utf-8", "surrogateescape")) > 4_096 for name in names)


def _is_no_object(asked: Asked) -> bool:
    try:
        return not isinstance(msgspec.json.decode("".join(asked.words("variables"))), dict)
    except (msgspec.DecodeError, UnicodeError):
        return True


def _is_before_links(asked: Asked) -> bool:
    said = asked.body if asked.path in _BY_RULES else asked.query
    return asked.kind == "ledger" and str(said.get("at")) == "0"


def _is_ledger(asked: Asked) -> bool:
    return asked.kind == "ledger"


def _is_outside(asked: Asked) -> bool:
    said = asked.body if isinstance(asked.body, dict) else asked.query
    if "at" in said:
        # A cube has two blocks a side.
        return any(place + 1 >= side for place, side in zip(said["at"], SHAPE, strict=True))
    return any(int(said[axis]) >= side for axis, side in zip("xyz", SHAPE, strict=True))


def _is_no_box(asked: Asked) -> bool:
    low, high = (
        [int(part) for part in (asked.query.get(name) or default).split(",")]
        for name, default in (("low", "0,0,0"), ("high", ",".join(map(str, SHAPE))))
    )
    sides = list(zip(low, high, SHAPE, strict=True))
    return any(first > last or last > side or first > side for first, last, side in sides)


def _is_no_plane(asked: Asked) -> bool:
    axis = _PLANE_AXES.get(asked.body["plane"])
    return axis is not None and asked.body["index"] >= SHAPE[axis]


def _is_processed(asked: Asked) -> bool:
    return bool(asked.body["operation"] == "process")


def _is_long(asked: Asked) -> bool:
    text = asked.body.get("text") or ""
    return len(text.encode("utf-8", "surrogateescape")) > DATA_BYTES_MAX


def _is_clear(asked: Asked) -> bool:
    return True


def _in_a_cube(asked: Asked) -> bool:
    return asked.body.get("instance") is not None


def _between_cubes(asked: Asked) -> bool:
    return asked.body.get("instance") is None


_TWO = "JSON Schema says nothing of two parameters at once"
_SERVED = "what is served decides"
_STATE = "what the grid has, or what a cube does now, decides"
_BYTES = "JSON Schema counts characters, the limit is of bytes"
_LANGUAGE = "a text in a language of its own"
REFUSALS: Sequence[Refusal] = (
    Refusal("/v1/*", 400, "parameter", f"`at` of a graph file: {_SERVED}", _has_height),
    Refusal("/v1/*", 422, "focus", f"no link up to this block: {_SERVED}", _is_before_links),
    Refusal("/v1/fees", 400, "parameter", f"no prices in it: {_SERVED}", _is_ledger),
    Refusal("/v1/recall", 400, "input", f"neither question nor context: {_TWO}", _says_nothing),
    Refusal("/v1/recall", 400, "input", f"no link has a time: {_SERVED}", _has_times),
    Refusal("/v1/recall", 400, "input", f"no link has an author: {_SERVED}", _has_authors),
    Refusal("/v1/recall", 400, "input", f"no particle is of the kind: {_SERVED}", _has_kinds),
    Refusal("/v1/recall", 400, "parameter", f"no time, or {_TWO}", _are_no_times),
    Refusal("/v1/receipts/rank", 400, "parameter", _TWO, _is_not_one_of_two),
    Refusal("/v1/receipts/*", 400, "input", _BYTES, _has_long_name),
    Refusal("/v1/graphql", 400, "parameter", f"JSON: {_LANGUAGE}", _is_no_object),
    Refusal("/v1/rules", 400, "rules", f"Datalog: {_LANGUAGE}", _cannot_be_read),
    Refusal("/v1/rules", 400, "input", f"Datalog: {_LANGUAGE}", _cannot_be_read),
    Refusal("/v1/rules", 422, "budget", "what rules take, they decide", _has_limits),
    Refusal("/v1/why", 400, "rules", f"Datalog: {_LANGUAGE}", _cannot_be_read),
    Refusal("/v1/why", 400, "input", f"Datalog: {_LANGUAGE}", _cannot_be_read),
    Refusal("/v1/why", 422, "budget", "what rules take, they decide", _has_limits),
    Refusal("/v1/signals", 422, "malformed", f"dag-cbor: {_LANGUAGE}", _is_clear),
    Refusal("/v1/grid/vote/verify", 422, "certificate", f"dag-cbor: {_LANGUAGE}", _is_clear),
    Refusal("/v1/grid/value", 422, "coordinates", f"sides of the array: {_SERVED}", _is_outside),
    Refusal("/v1/grid/instance/create", 422, "coordinates", f"sides: {_SERVED}", _is_outside),
    Refusal("/v1/grid/blocks", 422, "coordinates", f"sides, and {_TWO}", _is_no_box),
    Refusal("/v1/grid/llm/interlock", 422, "face", f"sides of the array: {_SERVED}", _is_no_plane),
    Refusal("/v1/grid/llm/interlock", 422, "levels", f"low < high: {_TWO}", _is_processed),
    Refusal("/v1/grid/llm/interlock", 422, "empty", _STATE, _is_processed),
    Refusal("/v1/grid/*", 422, "too-long", _BYTES, _is_long),
    Refusal("/v1/grid/template/create", 422, "exists", _STATE, _is_clear),
    Refusal("/v1/grid/instance/create", 422, "exists", _STATE, _is_clear),
    Refusal("/v1/grid/instance/create", 422, "occupied", _STATE, _is_clear),
    Refusal("/v1/grid/value", 422, "occupied", _STATE, _is_clear),
    Refusal("/v1/grid/execute", 422, "state", _STATE, _is_clear),
    Refusal("/v1/grid/llm/process", 422, "state", _STATE, _is_clear),
    Refusal("/v1/grid/think", 422, "state", _STATE, _is_clear),
    Refusal("/v1/grid/cascade", 422, "state", _STATE, _is_clear),
    Refusal("/v1/grid/vote", 422, "state", _STATE, _is_clear),
    Refusal("/v1/grid/send", 422, "vertex", f"places of a cube: {_TWO}", _in_a_cube),
    Refusal("/v1/grid/send", 422, "edge", f"edges of a cube: {_TWO}", _in_a_cube),
    Refusal("/v1/grid/send", 422, "edge", f"which cubes are tied: {_STATE}", _between_cubes),
    Refusal("/v1/grid/send", 422, "too-long", f"what waits already: {_STATE}", _is_clear),
    Refusal(
        "/v1/grid/connect", 422, "edge", f"a cube with itself: {_TWO}; ties: {_STATE}", _is_clear
    ),
)
"""By operation, status and code; ``reason`` says why no schema can."""
