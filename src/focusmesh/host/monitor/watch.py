"""Several nodes looked at together, once or again and again: one block a height, and states that are their leaves'."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import BlockError, CodedError, FileError, FocusmeshError
from focusmesh.host.monitor.rebuild import rebuilt_node

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from focusmesh.engine.support.progress import Progress
    from focusmesh.host.monitor.api import NodeApi

BLOCKS_AT_ONCE = 64
"""So many of the last blocks of each node are compared at a look, and remembered."""


class NodeLook(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of one node. ``holds`` is None where it did not answer.

    ``tip`` is the height of its last block; all else is of the state that was rebuilt. ``code`` and ``differs`` say
    what differs first, or why nothing can be said.
    """

    url: str
    holds: bool | None
    tip: int | None = None
    height: int | None = None
    block: str | None = None
    root: str | None = None
    particles: int = 0
    axons: int = 0
    supply: int = 0
    off: float = 0.0
    bound: float = 0.0
    pages: int = 0
    bytes: int = 0
    seconds: float = 0.0
    code: str = ""
    differs: str = ""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """All nodes at one time, in ms since 1970. ``compared`` counts pairs (node, height) whose blocks were compared."""

    time: int
    holds: bool
    compared: int
    nodes: tuple[NodeLook, ...]


@dataclass
class _Seen:
    """What a node said before. Blocks by height, the newest alone."""

    tip: int = -1
    blocks: dict[int, tuple[str, str]] = field(default_factory=dict)


class Watch:
    """Nodes of one network. It remembers the last blocks of each, and no more."""

    def __init__(self, nodes: Sequence[NodeApi]) -> None:
        self._nodes = nodes
        self._seen = {node.url: _Seen() for node in nodes}
        self.looks = self.differences = self.silences = 0

    def look(self, at: int | None = None, progress: Progress | None = None) -> Look:
        """Compares the last blocks of all nodes, then rebuilds their states; one that fails keeps none from it."""
        self.looks += 1
        failures: dict[str, FocusmeshError] = {}
        compared = 0
        for node in self._nodes:
            try:
                compared += self._compare(node)
            except FocusmeshError as error:
                failures[node.url] = error
        found = tuple(
            self._node(node, failures.get(node.url), at, progress) for node in self._nodes
        )
        self.differences += sum(each.holds is False for each in found)
        self.silences += sum(each.holds is None for each in found)
        return Look(
            time=time.time_ns() // 1_000_000,
            holds=all(each.holds for each in found),
            compared=compared,
            nodes=found,
        )

    def _compare(self, node: NodeApi) -> int:
        """Its last blocks against what it and the others said before. Raises BlockError ("difference"), FileError."""
        items, seen = node.newest(BLOCKS_AT_ONCE), self._seen[node.url]
        tip = items[0].height if items else 0
        if tip < seen.tip:
            raise BlockError(
                "difference",
                f"the node lost blocks: it had block {seen.tip}, and its last one now is {tip}",
            )
        # Oldest first: what differs first is what is told.
        for item in reversed(items):
            found = item.id, item.state_root
            for url, other in self._seen.items():
                if other.blocks.get(item.height, found) != found:
                    whose = "it" if url == node.url else url
                    what = "block" if other.blocks[item.height][0] != item.id else "state"
                    raise BlockError(
                        "difference",
                        f"{what} {item.height} is {found[what == 'state'][:16]} here, "
                        f"{whose} said {other.blocks[item.height][what == 'state'][:16]}",
                    )
        seen.tip = tip
        seen.blocks = {item.height: (item.id, item.state_root) for item in items}
        return len(items)

    def _node(
        self,
        node: NodeApi,
        failure: FocusmeshError | None,
        at: int | None,
        progress: Progress | None,
    ) -> NodeLook:
        seen = self._seen[node.url].tip
        url, tip = node.url, None if seen < 0 else seen
        try:
            if failure is not None:
                raise failure
            found = rebuilt_node(node, at, progress)
        except CodedError as error:
            return NodeLook(url=url, tip=tip, holds=False, code=error.code, differs=str(error))
        except FileError as error:
            return NodeLook(url=url, tip=tip, holds=None, code="unavailable", differs=str(error))
        rebuilt = found.rebuilt
        return NodeLook(
            url=url,
            tip=tip,
            holds=True,
            height=found.height,
            block=found.block.hex(),
            root=rebuilt.root.hex(),
            particles=rebuilt.particles,
            axons=rebuilt.axons,
            supply=rebuilt.supply,
            off=rebuilt.off,
            bound=rebuilt.bound,
            pages=found.pages,
            bytes=found.byte_count,
            seconds=round(found.seconds, 3),
        )


_GAUGES = {
    "up": "Whether the node answered.",
    "holds": "Whether its state and focus are what its leaves make them.",
    "tip_height": "Height of its last block.",
    "height": "Height of the block whose state was rebuilt.",
    "off": "L1 distance of the committed focus from the one solved for here.",
    "bound": "The most that this can be.",
    "bytes": "Bytes that the state took on the way.",
    "seconds": "How long rebuilding took.",
}


def metrics_text(look: Look, watch: Watch) -> str:
    """All of it in Prometheus' text form, for a collector of text files."""
    lines: list[str] = []
    for name, words in _GAUGES.items():
        full = f"focusmesh_monitor_{name}"
        lines += [f"# HELP {full} {words}", f"# TYPE {full} gauge"]
        for node in look.nodes:
            value = _gauges(node).get(name)
            if value is not None:
                lines.append(f'{full}{{node="{node.url}"}} {value:g}')
    totals = {
        "looks_total": ("Times that all nodes were looked at.", watch.looks),
        "differences_total": ("Times that something differed.", watch.differences),
        "silences_total": ("Times that a node did not answer.", watch.silences),
    }
    for name, (words, count) in totals.items():
        full = f"focusmesh_monitor_{name}"
        lines += [f"# HELP {full} {words}", f"# TYPE {full} counter", f"{full} {count}"]
    full = "focusmesh_monitor_last_look_seconds"
    lines += [f"# HELP {full} When that was, since 1970.", f"# TYPE {full} gauge"]
    return "\n".join([*lines, f"{full} {look.time / 1_000:.3f}"]) + "\n"


def _gauges(node: NodeLook) -> Mapping[str, float | None]:
    known: dict[str, float | None] = {
        "up": float(node.holds is not None),
        "holds": None if node.holds is None else float(node.holds),
        "tip_height": node.tip,
    }
    if node.holds:
        known |= {
            name: getattr(node, name) for name in ("height", "off", "bound", "bytes", "seconds")
        }
    return known


def looks(watch: Watch, every: float, at: int | None, progress: Progress | None) -> Iterator[Look]:
    """One look after the other, ``every`` seconds apart at least, for ever."""
    while True:
        began = time.monotonic()
        yield watch.look(at, progress)
        time.sleep(max(0.0, every - (time.monotonic() - began)))
