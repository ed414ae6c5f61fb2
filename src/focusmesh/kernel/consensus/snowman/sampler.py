"""When samples begin and end: one after the other, with pauses while they change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from focusmesh.kernel.consensus.snowman.polls import Poll
    from focusmesh.kernel.consensus.snowman.preference import Preferences

_PAUSES = 16
"""After a sample that changed nothing the next one waits for a part of ``Pace.resend``, longer each time."""


class BlockSampler:
    """Samples of what is preferred; ``confident`` answers for it are a success."""

    def __init__(self, poll: Poll, blocks: Preferences, confident: int, resend_ms: int) -> None:
        self.poll = poll
        self._blocks, self._confident, self._resend_ms = blocks, confident, resend_ms
        self._pause = 0
        self._due: int | None = None
        self._again_due: int | None = None

    @property
    def deadline(self) -> int | None:
        """When ``tick`` is due."""
        return min((due for due in (self._due, self._again_due) if due is not None), default=None)

    @property
    def is_clear(self) -> bool:
        """Whether what else is answered changes nothing: all is, or enough for what is preferred."""
        poll = self.poll
        enough = self._blocks.support(poll.answers) >= self._confident
        return poll.is_open and (poll.is_answered or enough)

    @property
    def rests(self) -> bool:
        """Whether a sample may begin."""
        return not self.poll.is_open and self._again_due is None

    def begin(self, now: int, without: Collection[bytes] = ()) -> list[bytes]:
        """Whom to ask."""
        asked = self.poll.begin(self._blocks.tip(), without)
        self._due = now + self._resend_ms
        return asked

    def end(self, now: int) -> None:
        """What was answered is recorded."""
        self._due = None
        answers = self.poll.end()
        is_success = self._blocks.support(answers) >= self._confident
        self._blocks.record(answers)
        if is_success:
            self.hurry()
        else:
            self._pause = min(max(2 * self._pause, self._resend_ms // _PAUSES, 1), self._resend_ms)
            self._again_due = now + self._pause

    def tick(self, now: int) -> None:
        """Ends a sample that not all answered, or a pause."""
        if self._due is not None and now >= self._due:
            self.end(now)
        if self._again_due is not None and now >= self._again_due:
            self._again_due = None

    def hurry(self) -> None:
        """There is something new: no pause."""
        self._pause, self._again_due = 0, None

    def rest(self, *, for_good: bool) -> None:
        """Nothing is sampled for now; nor does one that runs count, if for good."""
        self._again_due = None
        if for_good:
            self._due = None

    def restart(self) -> None:
        """For another height."""
        self.poll.end()
        self._pause = 0
        self.rest(for_good=True)
