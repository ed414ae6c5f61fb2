"""The slots in which the validators of one engine vote, and what they are called.

Networks of versions 1 to 4 name a slot by epoch, round and step alone: their one engine is in their genesis. Where the
engine may change, its name stands before the step (``quorum/end``); and where every height has rounds of its own, the
height stands between them (``snowman/7/end``). So no vote of one engine, height or phase is one of another.
"""

from __future__ import annotations

from typing import NamedTuple

from focusmesh.errors import ProofError
from focusmesh.kernel.consensus.quorum import Slot

NOTARISE, END, MOVE = "notarise", "end", "move"
ANY_ENGINE, QUORUM_ENGINE, SNOWMAN_ENGINE = "", "quorum", "snowman"
"""What slots call their engine; those of networks of versions 1 to 4 do not name it."""
ROUND_BITS = 16
HEIGHT_MAX = (1 << 47) - 1
"""So that a height and the number of a round in it are one number; and a step has at most 32 characters."""
_STEPS = (NOTARISE, END, MOVE)


class SlotName(NamedTuple):
    """What the text of a step says: an engine, a height where the engine counts rounds by heights, and the step."""

    engine: str
    height: int | None
    step: str

    @property
    def text(self) -> str:
        """The text itself."""
        height = [] if self.height is None else [str(self.height)]
        return "/".join([*([self.engine] if self.engine else []), *height, self.step])

    @classmethod
    def read(cls, text: str) -> SlotName:
        """Raises ProofError ``"vote"`` for what no engine calls a step."""
        *before, step = text.split("/")
        engine = before[0] if before else ANY_ENGINE
        digits = before[1] if len(before) > 1 else ""
        is_number = (
            digits.isascii() and digits.isdecimal() and len(digits) < len(str(HEIGHT_MAX)) + 1
        )
        name = cls(engine, int(digits) if is_number else None, step)
        has_height = name.height is not None
        right = (
            step in _STEPS
            and engine in (ANY_ENGINE, QUORUM_ENGINE, SNOWMAN_ENGINE)
            and has_height == (engine == SNOWMAN_ENGINE)
            and (name.height or 0) <= HEIGHT_MAX
            and name.text == text
        )
        if not right:
            raise ProofError("vote", f"no engine has a step {text!r}")
        return name


class VoteSlots(NamedTuple):
    """The slots of an epoch, or of one ``height`` of it: ``snowman`` alone has one."""

    network: bytes
    epoch: int
    engine: str = ANY_ENGINE
    height: int | None = None

    @classmethod
    def of(cls, engine: str, network: bytes, epoch: int, height: int) -> VoteSlots:
        """Those in which an engine votes on a block of a height. Raises ProofError ``"vote"`` for one too high."""
        if engine != SNOWMAN_ENGINE:
            return cls(network, epoch, engine)
        if not 0 <= height <= HEIGHT_MAX:
            raise ProofError("vote", f"nobody votes on height {height}")
        return cls(network, epoch, engine, height)

    def notarise(self, round_: int) -> Slot:
        """Where a validator may vote for one proposal of a round."""
        return self._slot(NOTARISE, round_)

    def end(self, round_: int) -> Slot:
        """Where it may finalise a proposal of a round, or say that its time is out: the two exclude each other."""
        return self._slot(END, round_)

    def move(self) -> Slot:
        """Where it may move one block of this height for samples to choose from."""
        return self._slot(MOVE, 0)

    def step(self, slot: Slot) -> str:
        """The step that a slot of these is of; nothing for one of others."""
        return next((step for step in _STEPS if self._slot(step, slot.round) == slot), "")

    def number(self, round_: int) -> int:
        """By which turns and vote records of an engine are ordered: a round, behind its height where it has one."""
        return round_ if self.height is None else (self.height << ROUND_BITS) + round_

    def _slot(self, step: str, round_: int) -> Slot:
        name = SlotName(self.engine, self.height, step)
        return Slot(self.network, self.epoch, round_, name.text)
