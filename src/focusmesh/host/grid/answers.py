"""What the engine's objects are as records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.engine.grid.cube import PLACES, blocks_of
from focusmesh.host.grid.records import (
    BlockAnswer,
    CascadeAnswer,
    CommitRow,
    CubeAnswer,
    CubeRow,
    OpinionRow,
    ThoughtAnswer,
    VertexRow,
    WaveRow,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.apps.grid import Commit
    from focusmesh.engine.grid.array import Block
    from focusmesh.engine.grid.cube import Cascade, Grid, Instance, Opinion, Thought


def printable(data: bytes | bytearray) -> str:
    """Bytes as text: printable ASCII as it is, all else escaped."""
    return "".join(chr(one) if 32 <= one < 127 else repr(chr(one))[1:-1] for one in data)


def cube_row(cube: Instance) -> CubeRow:
    """A cube in a list."""
    return CubeRow(
        name=cube.name,
        template=cube.template.name,
        at=cube.at,
        state=cube.state,
        agreement=cube.agreement,
        temperature=cube.temperature,
        kappa=cube.kappa,
    )


def cube_answer(grid: Grid, cube: Instance) -> CubeAnswer:
    """All of a cube."""
    tied = {name for edge in grid.edges if cube.name in edge for name in edge} - {cube.name}
    return CubeAnswer(
        name=cube.name,
        template=cube.template.name,
        at=cube.at,
        state=cube.state,
        agreement=cube.agreement,
        temperature=cube.temperature,
        kappa=cube.kappa,
        commands=list(cube.commands()),
        vertices=[_vertex_row(cube, place) for place in PLACES],
        neighbours=sorted(tied),
        operations=cube.statistics.operations,
    )


def _vertex_row(cube: Instance, place: str) -> VertexRow:
    return VertexRow(
        vertex=place,
        model=cube.template.models[place],
        at=blocks_of(cube.at).get(place),
        value=cube.surprises.get(place),
        neighbours=list(cube.cube.neighbours[place]),
        waiting=len(cube.messages_at(place)),
    )


def block_answer(place: tuple[int, int, int], block: Block | None) -> BlockAnswer:
    """A block, or that there is none."""
    x, y, z = place
    if block is None:
        return BlockAnswer(x=x, y=y, z=z, active=False)
    return BlockAnswer(
        x=x,
        y=y,
        z=z,
        active=True,
        value=block.value,
        model=block.model,
        time=block.time,
        kappa=block.kappa,
    )


def opinion_row(opinion: Opinion, weights: Mapping[str, float] | None = None) -> OpinionRow:
    """What one place holds."""
    return OpinionRow(
        vertex=opinion.vertex,
        next=printable(bytes([opinion.next_byte])),
        next_byte=opinion.next_byte,
        share=float(opinion.distribution[opinion.next_byte]),
        entropy=opinion.entropy,
        weight=None if weights is None else weights[opinion.vertex],
    )


def thought_answer(cube: Instance, thought: Thought) -> ThoughtAnswer:
    """What all places come to."""
    return ThoughtAnswer(
        instance=cube.name,
        next=printable(bytes([thought.next_byte])),
        next_byte=thought.next_byte,
        share=float(thought.distribution[thought.next_byte]),
        agreement=thought.agreement,
        temperature=cube.temperature,
        surest=thought.surest,
        messages=thought.message_count,
        opinions=[opinion_row(opinion, thought.weights) for opinion in thought.opinions],
        kappa=cube.kappa,
    )


def cascade_answer(cube: Instance, found: Cascade) -> CascadeAnswer:
    """A text that spread."""
    return CascadeAnswer(
        instance=cube.name,
        start=found.start,
        next=printable(bytes([found.next_byte])),
        next_byte=found.next_byte,
        share=float(found.distribution[found.next_byte]),
        waves=[
            WaveRow(
                depth=wave.depth,
                opinions=[opinion_row(opinion) for opinion in wave.opinions],
                messages=list(wave.messages),
            )
            for wave in found.waves
        ],
        kappa=cube.kappa,
    )


def commit_row(commit: Commit) -> CommitRow:
    """A commit in a list."""
    return CommitRow(
        height=commit.height,
        id=commit.id.hex(),
        operation=commit.operation,
        root=commit.root.hex(),
        state=commit.state.hex(),
        time=commit.time,
    )
