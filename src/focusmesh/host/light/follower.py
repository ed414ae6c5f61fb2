"""A light node that goes on: every block that comes is sampled, their headers make one chain, and all is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from focusmesh.errors import FileError, ProofError
from focusmesh.host.light.sampling import sampled_block
from focusmesh.host.service import NotThereError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from focusmesh.host.light.client import LightStep
    from focusmesh.host.light.sampling import SampledBlock
    from focusmesh.host.light.share_sources import Source
    from focusmesh.kernel.block import Header

_SECONDS_BETWEEN_LOOKS = 0.5
_SECONDS_BETWEEN_FAILURES = 5.0


@dataclass
class LightCounts:
    """What a light node saw since it began, the block that it sampled last, and the last one that is final for it."""

    blocks: int = 0
    samples: int = 0
    missing: int = 0
    unavailable: int = 0
    failures: int = 0
    last: SampledBlock | None = None
    final: Header | None = None

    def add(self, found: SampledBlock) -> None:
        """A block was sampled."""
        self.last = found
        self.blocks += 1
        self.samples += len(found.sampled.taken)
        self.missing += len(found.sampled.missing)
        self.unavailable += not found.sampled.is_available

    def add_step(self, step: LightStep) -> None:
        """A light client looked once."""
        for found in step.sampled:
            self.add(found)
        self.failures += len(step.refused)
        if step.headers:
            self.final = step.headers[-1]

    def text(self) -> str:
        """All of it in Prometheus' text form."""
        totals = {
            "blocks": ("Blocks that were sampled.", self.blocks),
            "samples": ("Shares that were asked for.", self.samples),
            "missing": ("Shares that did not come with a proof that holds.", self.missing),
            "unavailable_blocks": ("Blocks of which a share was missing.", self.unavailable),
            "failures": ("Times that the source did not answer.", self.failures),
        }
        lines: list[str] = []
        if self.last is not None:
            lines += _lines("gauge", _of_last(self.last))
        if self.final is not None:
            lines += _lines("gauge", _of_final(self.final))
        named = {f"{name}_total": told for name, told in totals.items()}
        return "\n".join([*lines, *_lines("counter", named)]) + "\n"


def followed_blocks(
    source: Source,
    height: int,
    count: int,
    rng: Callable[[int], bytes],
    proposer: bytes | None,
    sleep: Callable[[float], None],
) -> Iterator[SampledBlock | FileError]:
    """The block at ``height`` and every later one, each when it is there, ``count`` shares of it asked for.

    A source that does not answer is asked again; its FileError comes out in between. Shares that were missing are not
    asked for anew: whoever samples until nothing is missing proves nothing. Raises ProofError, BlockError where what
    the source says of a block does not hold, or follows another block than the one before.
    """
    before: SampledBlock | None = None
    while True:
        try:
            if source.tip() < height:
                sleep(_SECONDS_BETWEEN_LOOKS)
                continue
            found = sampled_block(source, height, count, rng, proposer)
        except (FileError, NotThereError) as error:
            yield error if isinstance(error, FileError) else FileError(str(error))
            sleep(_SECONDS_BETWEEN_FAILURES)
            continue
        if before is not None and found.header.parent != before.header.id:
            raise ProofError(
                "roots",
                f"block {height} follows {found.header.parent.hex()[:16]}, the one sampled before is "
                f"{before.header.id.hex()[:16]}: the source has changed its past",
            )
        yield found
        before, height = found, height + 1


def _of_last(found: SampledBlock) -> dict[str, tuple[str, float]]:
    return {
        "height": ("Height of the block that was sampled last.", found.header.height),
        "samples": ("Shares that were asked for.", len(found.sampled.taken)),
        "missing": ("Of them, those without a proof that holds.", len(found.sampled.missing)),
        "confidence": (
            "How probable it was to come upon a gap, had the block been unavailable.",
            found.sampled.confidence,
        ),
    }


def _of_final(header: Header) -> dict[str, tuple[str, float]]:
    return {
        "final_height": ("Height of the last final block.", header.height),
        "final_time_seconds": ("Its time, in seconds since 1970.", header.time / 1_000),
    }


def _lines(kind: str, values: Mapping[str, tuple[str, float]]) -> Iterator[str]:
    for name, (words, value) in values.items():
        full = f"focusmesh_availability_{name}"
        yield from (f"# HELP {full} {words}", f"# TYPE {full} {kind}", f"{full} {value}")
