"""The rules of Simplex written down a second time, naively: sets that only grow, no timers, nothing sent or forgotten.

It is told what an engine was told, and says which votes the rules make it cast, what it asks about and what is final.
Time-outs and own motions are the engine's choice; the model says whether they are allowed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.kernel.consensus import Certificate
from focusmesh.protocol.codec import decode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.kernel.consensus import Effects


class Cast(NamedTuple):
    """A vote: ``value`` is a motion's digest; nothing, at the end of a round, for its time-out."""

    round: int
    step: str
    value: bytes


class Block(NamedTuple):
    """What the rules need of a motion."""

    round: int
    parent: bytes


class SimplexModel:
    """``me`` is one of the validators in ``weights``; ``root`` the digest of what all begin from."""

    def __init__(
        self, network: bytes, weights: Mapping[bytes, int], root: bytes, me: bytes
    ) -> None:
        self.network, self.weights, self.me = network, weights, me
        self.round = 1
        self.final = root
        self.blocks: dict[bytes, Block] = {root: Block(0, b"")}
        self.good = {root}
        self.bad: set[bytes] = set()
        self.asked: set[bytes] = set()
        self.first: dict[int, bytes] = {}
        self.votes: dict[tuple[int, str], dict[bytes, bytes]] = {}
        self.quorums: set[Cast] = {Cast(0, "notarise", root)}
        self.mine: set[Cast] = set()

    def told(self, act: str, arguments: tuple[object, ...], effects: Effects) -> None:
        """Takes in what the engine was told; ``effects`` only for what it chose to do."""
        if act == "deliver":
            self._read(arguments[1])  # type: ignore[arg-type]
        elif act == "judge":
            digest, good = arguments
            (self.good if good else self.bad).add(digest)  # type: ignore[arg-type]
        self.wanted: set[Cast] = set()
        for cast in casts(effects):
            if act == "tick" and cast == Cast(self.round, "end", b""):
                assert self._may(cast), "it had voted in the end slot of the round"
                self._cast(cast)
        if act == "propose":
            self._moved(effects)

    def follow(self) -> tuple[set[Cast], list[bytes]]:
        """What the rules say now: votes, and motions that become final."""
        decided, before = [], None
        while before != (self.round, self.final, len(self.mine)):
            before = (self.round, self.final, len(self.mine))
            self._ask()
            self._notarise()
            self._finalise()
            newest = self._newest_final()
            if newest is not None:
                self.final = newest
                self.good.add(newest)
                self.quorums.add(Cast(self.root_round(), "notarise", newest))
                self.round = max(self.round, self.blocks[newest].round + 1)
                decided.append(newest)
            elif self._is_over(self.round):
                self.round += 1
        return self.wanted, decided

    def _ask(self) -> None:
        """What may be asked about, which is no more than what follows something good."""
        self.asked |= {
            digest
            for digest, block in self.blocks.items()
            if block.round > self.root_round() and self._follows_good(block)
        }

    def _follows_good(self, block: Block) -> bool:
        """What is not decided is not built on what came before the last decision."""
        known = block.parent in self.good and block.parent in self.blocks
        return known and self.blocks[block.parent].round >= self.root_round()

    def _notarise(self) -> None:
        digest = self.first.get(self.round)
        if digest is not None and digest in self.good and self._is_justified(digest):
            cast = Cast(self.round, "notarise", digest)
            if self._may(cast):
                self._cast(cast)

    def _finalise(self) -> None:
        for quorum in sorted(self.quorums):
            round_, step, digest = quorum
            if step == "notarise" and self.root_round() < round_ <= self.round:
                cast = Cast(round_, "end", digest)
                if self._may(cast):
                    self._cast(cast)

    def _newest_final(self) -> bytes | None:
        finals = [
            (round_, value)
            for round_, step, value in self.quorums
            if step == "end" and value in self.blocks and round_ > self.root_round()
        ]
        return max(finals)[1] if finals else None

    def root_round(self) -> int:
        return self.blocks[self.final].round

    def _is_over(self, round_: int) -> bool:
        return any(
            each == round_ and (step == "notarise" or value == b"")
            for each, step, value in self.quorums
        )

    def _is_justified(self, digest: bytes) -> bool:
        block = self.blocks[digest]
        parent = self.blocks.get(block.parent)
        return (
            parent is not None
            and Cast(parent.round, "notarise", block.parent) in self.quorums
            and all(
                Cast(between, "end", b"") in self.quorums
                for between in range(parent.round + 1, block.round)
            )
        )

    def _may(self, cast: Cast) -> bool:
        """One vote for each slot."""
        return not any((mine.round, mine.step) == (cast.round, cast.step) for mine in self.mine)

    def _cast(self, cast: Cast) -> None:
        self.mine.add(cast)
        self.wanted.add(cast)
        self._count(cast, self.me)

    def _count(self, cast: Cast, validator: bytes) -> None:
        votes = self.votes.setdefault((cast.round, cast.step), {})
        votes.setdefault(validator, cast.value)
        weight = sum(self.weights[each] for each, value in votes.items() if value == cast.value)
        if 3 * weight > 2 * sum(self.weights.values()):
            self._hold(cast)

    def _hold(self, cast: Cast) -> None:
        """A quorum of a round that is decided by a later one tells nothing new."""
        if cast.round > self.root_round():
            self.quorums.add(cast)

    def _moved(self, effects: Effects) -> None:
        for notice in effects.notices:
            kind, parts, *_ = decode(notice.data)
            if kind == "motion":
                (cast,) = casts(effects) - {each for each in casts(effects) if each.step == "end"}
                assert self._may(cast)
                self.blocks[cast.value] = Block(parts[1], parts[3])
                assert self._is_justified(cast.value)
                self.good.add(cast.value)
                self.first[cast.round] = cast.value
                self._cast(cast)

    def _read(self, data: bytes) -> None:
        kind, *parts = decode(data)
        if kind == "vote":
            _, round_, step, value, validator, _ = parts
            self._hear(Cast(round_, step, value), validator)
        elif kind == "certificate":
            self._take(parts[0])
        elif kind == "decision":
            proposal, certificate = decode(parts[0])
            self._take(certificate)
            value = Certificate.from_bytes(certificate).ballot.value
            if proposal[1] > self.root_round():
                self.blocks.setdefault(value, Block(proposal[1], proposal[3]))
        elif kind == "motion":
            proposal, _, _, round_, step, value, validator, _, shown = parts
            self._hear(Cast(round_, step, value), validator)
            for certificate in shown:
                self._take(certificate)
            self.first.setdefault(round_, value)
            wanted = {cast.value for cast in self.quorums} | {self.first[round_]}
            if value in wanted:
                self.blocks.setdefault(value, Block(proposal[1], proposal[3]))

    def _hear(self, cast: Cast, validator: bytes) -> None:
        if cast.round > self.root_round():
            self._count(cast, validator)

    def _take(self, data: bytes) -> None:
        certificate = Certificate.from_bytes(data)
        slot, value = certificate.ballot
        cast = Cast(slot.round, slot.step, value)
        self._hold(cast)
        for validator in certificate.signers:
            self._hear(cast, validator)


def casts(effects: Effects) -> set[Cast]:
    """The votes among them."""
    return {Cast(*decode(vote_record.data)[1:4]) for vote_record in effects.vote_records}
