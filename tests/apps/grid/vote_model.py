"""The executable model of a voter: Tendermint's algorithm 1 over a plain set of messages, every rule by scanning.

Messages are tuples: ("proposal", round, value, valid_round), ("prevote" | "precommit", round, value, voter). Values are
whatever compares; None is nothing. It knows no signatures, opinions or weights: n voters, quorum q, veto v.
Rules are tried in the order decide, skip, propose, lines 22, 28, 36, 44, then timers, until none applies.
"""

from __future__ import annotations

from typing import Any


class ModelVoter:
    """``said`` grows by what it says; ``timers`` are (line, round) pairs that were set."""

    def __init__(
        self, me: Any, quorum: int, veto: int, proposes: frozenset[int], *, votes: bool = True
    ) -> None:
        self.votes = votes
        self.me, self.quorum, self.veto, self.proposes = me, quorum, veto, proposes
        self.messages: list[tuple[Any, ...]] = []
        self.round, self.step = 0, "propose"
        self.locked: tuple[int, Any] = (-1, None)
        self.valid: tuple[int, Any] = (-1, None)
        self.decision: Any = None
        self.said: list[tuple[Any, ...]] = []
        self.timers: list[tuple[str, int]] = [("propose", 0)]
        self.proposed: set[int] = set()
        self.proved: set[tuple[int, Any]] = set()
        """(round, value) of which somebody showed a quorum of prevotes."""
        self.fresh: Any = None
        """What it would propose of itself; None while it cannot."""

    def hear(self, message: tuple[Any, ...]) -> None:
        """A message comes; the first proposal of a round and the first vote of a voter in a step count."""
        kind, round_ = message[:2]
        same = [m for m in self.messages if m[:2] == (kind, round_)]
        if kind != "proposal":
            same = [m for m in same if m[3] == message[3]]
        if not same:
            self.messages.append(message)

    def settle(self) -> None:
        """Every rule that applies."""
        while self.decision is None and self.one_rule():
            pass

    def expire(self, step: str, round_: int) -> None:
        """A timer ends: lines 57 to 67."""
        self.timers.remove((step, round_))
        if round_ != self.round or self.decision is not None:
            return
        if step == "propose" and self.step == "propose":
            self.vote("prevote", None)
        elif step == "prevote" and self.step == "prevote":
            self.vote("precommit", None)
        elif step == "precommit":
            self.begin(round_ + 1)

    def begin(self, round_: int) -> None:
        self.round, self.step = round_, "propose"
        self.timer("propose")

    def timer(self, step: str) -> bool:
        if (step, self.round) in self.timers:
            return False
        self.timers.append((step, self.round))
        return True

    def vote(self, step: str, value: Any) -> None:
        self.step = step
        if self.votes:
            self.say((step, self.round, value, self.me))

    def say(self, message: tuple[Any, ...]) -> None:
        self.said.append(message)
        self.hear(message)

    def count(self, kind: str, round_: int, *value: Any) -> int:
        return sum(
            m[:2] == (kind, round_) and (not value or m[2] == value[0]) for m in self.messages
        )

    def proposal(self, round_: int) -> tuple[Any, ...] | None:
        return next((m for m in self.messages if m[:2] == ("proposal", round_)), None)

    def one_rule(self) -> bool:
        for _, round_, value, _ in [m for m in self.messages if m[0] == "proposal"]:
            if value is not None and self.count("precommit", round_, value) >= self.quorum:
                self.decision = value
                return True
        return self.skip() or self.propose() or self.prevote() or self.precommit() or self.wait()

    def skip(self) -> bool:
        ahead = [
            r
            for r in {m[1] for m in self.messages if m[0] != "proposal" and m[1] > self.round}
            if len({m[3] for m in self.messages if m[0] != "proposal" and m[1] == r}) >= self.veto
        ]
        if ahead:
            self.begin(max(ahead))
        return bool(ahead)

    def propose(self) -> bool:
        value = self.fresh if self.valid[0] < 0 else self.valid[1]
        turn = self.round in self.proposes and self.round not in self.proposed
        if not turn or self.step != "propose" or value is None:
            return False
        self.proposed.add(self.round)
        self.say(("proposal", self.round, value, self.valid[0]))
        return True

    def prevote(self) -> bool:
        proposal = self.proposal(self.round)
        if self.step != "propose" or proposal is None:
            return False
        _, _, value, valid_round = proposal
        locked_round, locked = self.locked
        if valid_round == -1:
            self.vote("prevote", value if locked_round == -1 or locked == value else None)
            return True
        known = self.count("prevote", valid_round, value) >= self.quorum
        if not known and (valid_round, value) not in self.proved:
            return False
        self.vote("prevote", value if locked_round <= valid_round or locked == value else None)
        return True

    def precommit(self) -> bool:
        proposal = self.proposal(self.round)
        if proposal and proposal[2] is not None and self.step != "propose":
            enough = self.count("prevote", self.round, proposal[2]) >= self.quorum
            if enough and self.valid[0] != self.round:
                self.valid = (self.round, proposal[2])
                if self.step == "prevote":
                    self.locked = self.valid
                    self.vote("precommit", proposal[2])
                return True
        if self.step == "prevote" and self.count("prevote", self.round, None) >= self.quorum:
            self.vote("precommit", None)
            return True
        return False

    def wait(self) -> bool:
        some = self.count("prevote", self.round) >= self.quorum
        if self.step == "prevote" and some and self.timer("prevote"):
            return True
        return self.count("precommit", self.round) >= self.quorum and self.timer("precommit")
