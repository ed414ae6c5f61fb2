"""The open blocks after the last decided one, and which of those that exclude each other is preferred."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.consensus.snowman.snowflake import Choice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from focusmesh.kernel.consensus.messages import ProposalMessage
    from focusmesh.kernel.consensus.proposal import Proposal
    from focusmesh.kernel.consensus.snowman.snowflake import SnowflakeParams

_BITS = 256
AHEAD_HEIGHTS = 8
"""Nothing is kept of blocks that are further ahead: who is so far behind is told decisions."""
_ASKED_MAX = 4
"""Of one mover and height one proposal is kept, and as many that somebody named: liars sign and name what they like."""
_SOUGHT_MAX = 64


class Preferences:
    """``root`` is decided. Only blocks that were judged good are ever preferred, one of those that follow the root.

    ``turn`` says when it is a mover's turn at the next height: before any sample, the earliest is preferred.
    """

    def __init__(
        self,
        network: bytes,
        root: Proposal,
        sampling: SnowflakeParams,
        turn: Callable[[bytes], int],
    ) -> None:
        self.root = root
        self.digest = root.digest(network)
        self.accepted: bytes | None = None
        """What samples decided on. It stays preferred until something is decided."""
        self._network = network
        self._sampling = sampling
        self._turn = turn
        self._held: dict[bytes, ProposalMessage] = {}
        self._good: dict[bytes, bool] = {}
        self._asked: set[bytes] = set()
        self._sought: dict[bytes, None] = {}
        self._choices: dict[tuple[int, int], Choice] = {}

    @property
    def has_open(self) -> bool:
        """Whether there is a good block that is not decided."""
        return self.accepted is not None or bool(self._children())

    @property
    def sought(self) -> list[bytes]:
        """Proposals that somebody named and that are not here."""
        return list(self._sought)

    def add(self, tabled: ProposalMessage) -> None:
        """A proposal, signed by who moves it."""
        digest = tabled.proposal.digest(self._network)
        if self._has_place(digest, tabled):
            self._held.setdefault(digest, tabled)
        self._sought.pop(digest, None)

    def seek(self, digest: bytes) -> bool:
        """Somebody names a proposal: whether it is to be asked for now."""
        known = digest == self.digest or digest in self._held or digest in self._sought
        if known or len(self._sought) >= _SOUGHT_MAX:
            return False
        self._sought[digest] = None
        return True

    def find(self, digest: bytes) -> ProposalMessage | None:
        """A proposal that is open."""
        return self._held.get(digest)

    def of_height(self, height: int) -> list[ProposalMessage]:
        """Open proposals of a height."""
        return [each for each in self._held.values() if each.proposal.height == height]

    def to_judge(self) -> list[tuple[bytes, ProposalMessage]]:
        """Proposals that follow the root, each once."""
        found = [
            (digest, tabled)
            for digest, tabled in self._held.items()
            if tabled.proposal.parent == self.digest
            and digest not in self._asked
            and digest not in self._good
        ]
        self._asked.update(digest for digest, _ in found)
        return found

    def judge(self, digest: bytes, good: bool) -> None:
        """The answer, once."""
        if digest in self._held:
            self._good.setdefault(digest, good)

    def accept(self, tabled: ProposalMessage) -> None:
        """What this validator accepted before it was started again."""
        digest = tabled.proposal.digest(self._network)
        self._held[digest] = tabled
        self.accepted = digest

    def tip(self) -> bytes:
        """The newest block that is preferred."""
        if self.accepted is not None:
            return self.accepted
        children = self._children()
        return self._pick(children, None) if children else self.digest

    def support(self, answers: Mapping[bytes, int]) -> int:
        """How many of a sample are for what is preferred."""
        return self._votes(answers).get(self.tip(), 0)

    def record(self, answers: Mapping[bytes, int]) -> None:
        """A sample: how many prefer which block. It may decide on one."""
        children = self._children()
        if self.accepted is not None or not children:
            return
        touched: set[tuple[int, int]] = set()
        self._pick(children, self._votes(answers), touched)
        for name, choice in self._choices.items():
            if name not in touched:
                choice.miss()
        preferred = self._pick(children, None)
        last = self._choices.get(_whole(preferred))
        if last is not None and last.is_decided:
            self.accepted = preferred

    def decide(self, proposal: Proposal) -> None:
        """The root moves on: to whatever block, and all of its height and before are let go."""
        self.root, self.digest = proposal, proposal.digest(self._network)
        self.accepted = None
        self._choices.clear()
        self._sought.clear()
        gone = [key for key, each in self._held.items() if each.proposal.height <= proposal.height]
        for digest in gone:
            del self._held[digest]
            self._good.pop(digest, None)
            self._asked.discard(digest)

    def _votes(self, answers: Mapping[bytes, int]) -> dict[bytes, int]:
        """An answer is one for all blocks before the one it names too."""
        votes: dict[bytes, int] = {}
        for tip, times in answers.items():
            at: bytes | None = tip
            while at is not None and at in self._held:
                votes[at] = votes.get(at, 0) + times
                at = self._held[at].proposal.parent
        return votes

    def _pick(
        self,
        children: Sequence[bytes],
        votes: Mapping[bytes, int] | None,
        touched: set[tuple[int, int]] | None = None,
    ) -> bytes:
        """The preferred one: bit by bit down to one; ``votes`` are recorded on the way."""
        group = children
        while len(group) > 1:
            numbers = [int.from_bytes(each, "big") for each in group]
            bit = _BITS - (min(numbers) ^ max(numbers)).bit_length()
            sides: tuple[list[bytes], list[bytes]] = ([], [])
            for digest, number in zip(group, numbers, strict=True):
                sides[number >> (_BITS - 1 - bit) & 1].append(digest)
            choice = self._choice((bit, numbers[0] >> (_BITS - bit)), self._better(sides), touched)
            if votes is not None:
                false, true = (sum(votes.get(each, 0) for each in side) for side in sides)
                choice.record(false, true)
            group = sides[choice.preferred]
        if votes is not None:
            self._choice(_whole(group[0]), True, touched).record(0, votes.get(group[0], 0))
        return group[0]

    def _choice(
        self, name: tuple[int, int], preferred: bool, touched: set[tuple[int, int]] | None
    ) -> Choice:
        if touched is not None:
            touched.add(name)
        found = self._choices.get(name)
        if found is None:
            found = self._choices[name] = Choice(self._sampling, preferred)
        return found

    def _better(self, sides: tuple[list[bytes], list[bytes]]) -> bool:
        """At first: what samples spoke for until now, else whose mover has the earlier turn, then the lower digest."""
        best = min(
            (digest for side in sides for digest in side),
            key=lambda digest: (
                -self._count(digest),
                self._turn(self._held[digest].vote.signer),
                digest,
            ),
        )
        return best in sides[True]

    def _count(self, digest: bytes) -> int:
        choice = self._choices.get(_whole(digest))
        return 0 if choice is None else choice.count

    def _children(self) -> list[bytes]:
        return sorted(
            key
            for key, each in self._held.items()
            if each.proposal.parent == self.digest and self._good.get(key, False)
        )

    def _has_place(self, digest: bytes, tabled: ProposalMessage) -> bool:
        height, mover = tabled.proposal.height, tabled.vote.signer
        if not 0 < height - self.root.height <= AHEAD_HEIGHTS:
            return False
        rivals = sum(
            (each.proposal.height, each.vote.signer) == (height, mover)
            for each in self._held.values()
        )
        return rivals < (_ASKED_MAX if digest in self._sought else 1)


def _whole(digest: bytes) -> tuple[int, int]:
    """The name of the choice of one block by all of its bits."""
    return _BITS, int.from_bytes(digest, "big")
