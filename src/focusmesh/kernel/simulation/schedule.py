"""What goes wrong in a simulated network, and when: a list of faults, drawn from a seed or read from a file."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING

import msgspec

from focusmesh.errors import InputError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

GROUPS = {
    "net": ("delay", "drop", "duplicate", "reorder", "partition", "one-way partition"),
    "disk": (
        *("disk full", "torn write", "killed before a commit", "killed behind a commit"),
        "disk lost",
    ),
    "process": ("kill", "kill in a step", "pause", "clock skew"),
    "peer": ("garbage", "forged header", "replayed signal"),
}
"""Every kind of fault, by what it befalls."""
KINDS = tuple(kind for kinds in GROUPS.values() for kind in kinds)
LATE_START, VOTES_LOST = "late start", "votes lost"
VALIDATOR_KINDS = (LATE_START, VOTES_LOST)
"""What befalls validators alone, in worlds that are asked whether a quorum is alive."""
BETWEEN_MS = 1_500
"""About so long between the beginnings of two faults."""
LASTING_MS = 4_000
"""About so long a fault goes on."""
A_BLOCK_MS = 1_000
"""Faults strike for so long for every block that is asked for."""
NODES_MAX = 64
_FORMAT = "focusmesh world 1"


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that goes wrong from ``at_ms`` on, for ``lasting_ms``, with the ``nodes`` it befalls.

    ``number`` is its own in its schedule: what it draws depends on that and the seed, and on no other fault.
    ``strength`` is from 0 to 1: a chance, a share of the longest delay, how far a clock is off.
    """

    number: int
    kind: str
    at_ms: int
    lasting_ms: int
    nodes: tuple[int, ...]
    strength: float

    def verify(self, node_count: int) -> None:
        """Raises ParameterError."""
        if self.kind not in (*KINDS, *VALIDATOR_KINDS):
            raise ParameterError(f"no fault is called {self.kind!r}: there are {', '.join(KINDS)}")
        if any(not 0 <= node < node_count for node in self.nodes) or not self.nodes:
            raise ParameterError(f"fault {self.number} befalls nodes {self.nodes} of {node_count}")
        if self.at_ms < 0 or self.lasting_ms < 0 or not 0 <= self.strength <= 1:
            raise ParameterError(f"fault {self.number} has a time or a strength out of range")


def kinds_of(words: str) -> tuple[str, ...]:
    """Kinds by the names of groups and kinds, with commas between; ``all`` and ``none``. Raises ParameterError."""
    if words in ("all", "none"):
        return KINDS if words == "all" else ()
    wanted: dict[str, None] = {}
    for word in (each.strip() for each in words.split(",")):
        if word not in GROUPS and word not in KINDS:
            known = ", ".join(("all", "none", *GROUPS, *KINDS))
            raise ParameterError(f"no fault is called {word!r}: there are {known}")
        wanted.update(dict.fromkeys(GROUPS.get(word, (word,))))
    return tuple(kind for kind in KINDS if kind in wanted)


class Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that a run is a function of: a seed, how many nodes make how many blocks, and what goes wrong meanwhile.

    1 ≤ ``nodes`` ≤ 64, 1 ≤ ``blocks``. A file has it as JSON, a fault a line.
    """

    seed: int
    nodes: int
    blocks: int
    faults: tuple[Fault, ...] = ()
    format: str = _FORMAT

    def verify(self) -> None:
        """Raises ParameterError."""
        if not 1 <= self.nodes <= NODES_MAX:
            raise ParameterError(f"{self.nodes} nodes; a world has 1 to {NODES_MAX}")
        if self.blocks < 1 or self.seed < 0:
            raise ParameterError(f"seed {self.seed}, {self.blocks} blocks: 0 <= seed, 1 <= blocks")
        for fault in self.faults:
            fault.verify(self.nodes)

    def encode(self) -> str:
        """The text of a file."""
        head = json.dumps(msgspec.to_builtins(msgspec.structs.replace(self, faults=())))
        lines = ",\n  ".join(json.dumps(msgspec.to_builtins(fault)) for fault in self.faults)
        return head.replace('"faults": []', f'"faults": [\n  {lines}\n]') + "\n"

    @classmethod
    def decode(cls, text: str) -> Schedule:
        """The schedule in a file. Raises InputError for what is none."""
        try:
            schedule = msgspec.json.decode(text, type=cls)
            schedule.verify()
        except (ValueError, msgspec.DecodeError) as error:
            raise InputError(f"this is not a schedule of a world: {error}") from error
        if schedule.format != _FORMAT:
            raise InputError(f"a schedule of format {schedule.format!r}; {_FORMAT!r} is known")
        return schedule

    def having(self, faults: Sequence[Fault]) -> Schedule:
        """The same with other faults."""
        return msgspec.structs.replace(self, faults=tuple(faults))


def draw_schedule(seed: int, nodes: int, blocks: int, kinds: Sequence[str]) -> Schedule:
    """The schedule of a seed: faults of these kinds, as they come, for a second a block. Raises ParameterError."""
    Schedule(seed, nodes, blocks).verify()
    random, faults, at_ms = Random(f"faults {seed}"), list[Fault](), 0.0
    while kinds:
        at_ms += random.expovariate(1 / BETWEEN_MS)
        if at_ms >= A_BLOCK_MS * blocks:
            break
        struck = random.sample(range(nodes), random.randint(1, max(1, nodes // 2)))
        faults.append(
            Fault(
                number=len(faults),
                kind=random.choice(kinds),
                at_ms=int(at_ms),
                lasting_ms=int(random.expovariate(1 / LASTING_MS)) + 100,
                nodes=tuple(sorted(struck)),
                strength=round(random.uniform(0.05, 1.0), 3),
            )
        )
    return Schedule(seed, nodes, blocks, tuple(faults))
