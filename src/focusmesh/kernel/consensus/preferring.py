"""The open blocks above the last decided one, and which of those that exclude each other are preferred."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.consensus.sampled import Choice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from focusmesh.kernel.consensus.motion import Motion
    from focusmesh.kernel.consensus.notices import Tabled
    from focusmesh.kernel.consensus.sampled import Sampling

_BITS = 256
_PAST_MAX = 256
"""So many decided motions are kept for who lags behind; who lags further gets blocks another way."""
"""And nothing is kept of blocks that are further ahead."""
_SOUGHT_MAX = 64
_UNASKED_MAX = 64
"""As many open motions of one mover are kept without anybody having asked for them."""
_ASKED_MAX = 256
"""And as many altogether: one that was named in a sample's answer is asked for, and liars name what they like."""


class Preferences:
    """``root`` is decided. Only blocks that were judged good, as was all before them, are ever preferred."""

    def __init__(
        self, network: bytes, root: Motion, sampling: Sampling, rank: Callable[[bytes], int]
    ) -> None:
        self.root = root
        self._network = network
        self._sampling = sampling
        self._rank = rank
        self._digest = root.digest(network)
        self._held: dict[bytes, Tabled] = {}
        self._past: dict[bytes, Tabled] = {}
        self._good: dict[bytes, bool] = {}
        self._asked: set[bytes] = set()
        self._sought: dict[bytes, None] = {}
        self._awaited: dict[bytes, None] = {}
        self._choices: dict[tuple[bytes, int, int], Choice] = {}

    @property
    def has_open(self) -> bool:
        """Whether there is a good block that is not decided."""
        return bool(self._children(self._digest))

    def add(self, tabled: Tabled) -> None:
        """A motion, signed by whoever may move it."""
        digest = tabled.motion.digest(self._network)
        self._sought.pop(digest, None)
        if self._has_place(digest, tabled):
            self._awaited.pop(digest, None)
            self._held.setdefault(digest, tabled)
            self.seek(tabled.motion.parent)

    def seek(self, digest: bytes) -> None:
        """Somebody names a motion: it is asked for where it is not known."""
        known = digest == self._digest or digest in self._held or digest in self._past
        if not known and len(self._sought) < _SOUGHT_MAX:
            self._sought[digest] = None

    def to_seek(self) -> list[bytes]:
        """What is to be asked for now, each once until somebody names it again."""
        found = list(self._sought)
        self._awaited |= self._sought
        self._sought.clear()
        while len(self._awaited) > _SOUGHT_MAX:
            del self._awaited[next(iter(self._awaited))]
        return found

    def find(self, digest: bytes) -> Tabled | None:
        """A motion for who asks for it."""
        return self._held.get(digest) or self._past.get(digest)

    def to_judge(self) -> list[tuple[bytes, Tabled, bytes]]:
        """Motions whose parent is good, with their parent's block, each once."""
        found = []
        for digest, tabled in self._held.items():
            parent = self._motion(tabled.motion.parent)
            if digest in self._asked or digest in self._good or parent is None:
                continue
            if tabled.motion.height != parent.height + 1:
                self._good[digest] = False
            elif self._is_good(tabled.motion.parent):
                self._asked.add(digest)
                found.append((digest, tabled, parent.subject))
        return found

    def judge(self, digest: bytes, good: bool) -> None:
        """The answer, once."""
        if digest in self._held:
            self._good.setdefault(digest, good)

    def preferred_tip(self) -> Motion:
        """The newest block that is preferred."""
        at = self._digest
        while children := self._children(at):
            at = self._pick(at, children, None)
        found = self._motion(at)
        assert found is not None, "what is good is known"
        return found

    def record(self, answers: Mapping[bytes, int]) -> list[Motion]:
        """A sample: how many prefer which block. Gives what it decides, oldest first."""
        votes: dict[bytes, int] = {}
        for tip, times in answers.items():
            at: bytes | None = tip
            while at is not None and at in self._held:
                votes[at] = votes.get(at, 0) + times
                at = self._held[at].motion.parent
        touched: set[tuple[bytes, int, int]] = set()
        at = self._digest
        while children := self._children(at):
            at = self._pick(at, children, votes, touched)
        for name, choice in self._choices.items():
            if name not in touched:
                choice.miss()
        return self._decide()

    def _decide(self) -> list[Motion]:
        decided = []
        while children := self._children(self._digest):
            child = self._pick(self._digest, children, None)
            name = (self._digest, _BITS, int.from_bytes(child, "big"))
            last = self._choices.get(name)
            if last is None or not last.is_decided:
                break
            tabled = self._held[child]
            self._past[child] = tabled
            self.root, self._digest = tabled.motion, child
            decided.append(tabled.motion)
            self._prune()
        return decided

    def _prune(self) -> None:
        """Lets go of the decided block's rivals, and of all that follows these."""
        while len(self._past) > _PAST_MAX:
            del self._past[next(iter(self._past))]
        stale = [key for key, each in self._held.items() if each.motion.height <= self.root.height]
        while stale:
            gone = set(stale)
            for digest in stale:
                del self._held[digest]
                self._good.pop(digest, None)
                self._asked.discard(digest)
            stale = [
                key
                for key, each in self._held.items()
                if each.motion.parent in gone and each.motion.parent != self._digest
            ]
        kept = {self._digest, *self._held}
        self._choices = {name: each for name, each in self._choices.items() if name[0] in kept}

    def _pick(
        self,
        parent: bytes,
        children: list[bytes],
        votes: Mapping[bytes, int] | None,
        touched: set[tuple[bytes, int, int]] | None = None,
    ) -> bytes:
        """The preferred child: bit by bit down to one; ``votes`` are recorded on the way."""
        group = children
        while len(group) > 1:
            numbers = [int.from_bytes(each, "big") for each in group]
            bit = _BITS - (min(numbers) ^ max(numbers)).bit_length()
            sides: tuple[list[bytes], list[bytes]] = ([], [])
            for digest, number in zip(group, numbers, strict=True):
                sides[number >> (_BITS - 1 - bit) & 1].append(digest)
            name = (parent, bit, numbers[0] >> (_BITS - bit))
            choice = self._choice(name, self._better(sides), touched)
            if votes is not None:
                false, true = (sum(votes.get(each, 0) for each in side) for side in sides)
                choice.record(false, true)
            group = sides[choice.preferred]
        if votes is not None:
            name = (parent, _BITS, int.from_bytes(group[0], "big"))
            self._choice(name, True, touched).record(0, votes.get(group[0], 0))
        return group[0]

    def _choice(
        self,
        name: tuple[bytes, int, int],
        preferred: bool,
        touched: set[tuple[bytes, int, int]] | None,
    ) -> Choice:
        if touched is not None:
            touched.add(name)
        found = self._choices.get(name)
        if found is None:
            found = self._choices[name] = Choice(self._sampling, preferred)
        return found

    def _better(self, sides: tuple[list[bytes], list[bytes]]) -> bool:
        """Before anybody was asked: the side whose mover has the higher rank, of equals the lower digest."""
        best = min(
            (digest for side in sides for digest in side),
            key=lambda digest: (-self._rank(self._held[digest].vote.voter), digest),
        )
        return best in sides[True]

    def _children(self, digest: bytes) -> list[bytes]:
        return sorted(
            key
            for key, each in self._held.items()
            if each.motion.parent == digest and self._good.get(key, False)
        )

    def _has_place(self, digest: bytes, tabled: Tabled) -> bool:
        """Whether a motion is kept: one mover can sign any number of them, for its turns at any height."""
        if not 0 < tabled.motion.height - self.root.height <= _PAST_MAX:
            return False
        mover = tabled.vote.voter
        held = sum(each.vote.voter == mover for each in self._held.values())
        return held < (_ASKED_MAX if digest in self._awaited else _UNASKED_MAX)

    def _is_good(self, digest: bytes) -> bool:
        return digest == self._digest or self._good.get(digest, False)

    def _motion(self, digest: bytes) -> Motion | None:
        if digest == self._digest:
            return self.root
        held = self._held.get(digest)
        return None if held is None else held.motion
