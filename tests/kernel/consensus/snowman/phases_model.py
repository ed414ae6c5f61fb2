"""The rules of two-phase Snowman written down a second time, naively: sets that only grow, no timers, no samples.

It is told what an engine was told, and says whether each of its votes is allowed, and which ones and which decisions
are due at once. What samples accept, time-outs and own blocks are the engine's choice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from focusmesh.kernel.consensus import Anchor, Certificate, Decision, Proposal
from focusmesh.protocol.codec import decode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from focusmesh.kernel.consensus import Effects


class Place(NamedTuple):
    """Where one vote of a validator may be."""

    height: int
    round: int
    step: str


class PhasesModel:
    """``me`` is one of the validators in ``weights``; all begin behind ``root``."""

    def __init__(
        self, network: bytes, weights: Mapping[bytes, int], root: Anchor, me: bytes
    ) -> None:
        self.network, self.weights, self.me = network, weights, me
        self.height = root.height + 1
        self.parent = root.proposal(0).digest(network)
        self.votes: dict[Place, dict[bytes, bytes]] = {}
        self.quorums: set[tuple[Place, bytes]] = set()
        self.blocks: dict[bytes, Proposal] = {}
        self.movers: set[tuple[Place, bytes]] = set()
        self.kept: set[bytes] = set()
        self.good: set[bytes] = set()
        self.mine: dict[Place, bytes] = {}
        self.told_final: set[bytes] = set()

    def told(self, act: str, arguments: tuple[object, ...]) -> None:
        """Takes in what the engine was told."""
        if act == "deliver":
            self._read(arguments[1])  # type: ignore[arg-type]
        elif act == "judge" and arguments[1]:
            self.good.add(arguments[0])  # type: ignore[arg-type]

    def check(self, act: str, effects: Effects) -> tuple[int, int]:
        """How many votes and decisions there were; all are allowed, and what is due is done."""
        for vote_record in effects.vote_records:
            _, round_, text, value, proposal = decode(vote_record.data)
            engine, height, step = text.split("/")
            assert engine == "snowman"
            place = Place(int(height), round_, step)
            assert place not in self.mine, "one vote a slot"
            if proposal:
                self._know(decode(proposal))
            self._check_vote(act, place, value)
            self.mine[place] = value
            self._count(place, self.me, value)
        for decision in effects.decisions:
            self._check_decision(decision)
        self._check_due()
        return len(effects.vote_records), len(effects.decisions)

    def _check_vote(self, act: str, place: Place, value: bytes) -> None:
        assert place.height == self.height
        if place.step == "move":
            assert place.round == 0
            self.good.add(value)
        elif place.step == "end":
            if value:
                assert (place._replace(step="notarise"), value) in self.quorums, "not notarised"
            else:
                assert act == "tick", "a time-out that is not due"
        else:
            own = act == "propose" or self._is_good(value)
            assert own, "a block that was not found good"
            assert self._is_justified(self.blocks[value]), "a proposal that shows nothing"
            self.good.add(value)

    def _is_good(self, digest: bytes) -> bool:
        """It was judged, or is of the block of one that was."""
        mine = self.blocks[digest]
        named = (mine.height, mine.subject, mine.data)
        found = (self.blocks[each] for each in self.good if each in self.blocks)
        return any((each.height, each.subject, each.data) == named for each in found)

    def _is_justified(self, proposal: Proposal) -> bool:
        begin = -1
        if proposal.parent != self.parent:
            parent = self.blocks[proposal.parent]
            begin = parent.round
            notarised = (Place(self.height, begin, "notarise"), proposal.parent)
            same = (parent.subject, parent.data) == (proposal.subject, proposal.data)
            if notarised not in self.quorums or not same:
                return False
        return all(
            (Place(self.height, between, "end"), b"") in self.quorums
            for between in range(begin + 1, proposal.round)
        )

    def _check_decision(self, decision: Decision) -> None:
        proposal, value = decision.proposal, decision.certificate.ballot.value
        final = (Place(proposal.height, proposal.round, "end"), value)
        assert proposal.height >= self.height
        assert value in self.told_final or final in self.quorums, "decided by too few"
        self.height = proposal.height + 1
        anchor = Anchor(proposal.height, proposal.subject)
        self.parent = anchor.proposal(proposal.epoch).digest(self.network)

    def _check_due(self) -> None:
        here = [each for each in self.quorums if each[0].height == self.height]
        for place, value in here:
            if place.step == "end" and value:
                assert value not in self.kept, "what a quorum finalised is decided at once"
        current = 0
        while (Place(self.height, current, "end"), b"") in self.quorums:
            current += 1
        for place, _ in here:
            if place.step == "notarise" and place.round <= current:
                end = place._replace(step="end")
                assert end in self.mine, "what is notarised is finalised, or its time was out"

    def _count(self, place: Place, validator: bytes, value: bytes) -> None:
        if place.height < self.height or (place.height > self.height and place.round):
            return
        votes = self.votes.setdefault(place, {})
        votes.setdefault(validator, value)
        weight = sum(self.weights[each] for each, said in votes.items() if said == value)
        if 3 * weight > 2 * sum(self.weights.values()):
            self.quorums.add((place, value))

    def _take(self, data: bytes) -> None:
        certificate = Certificate.from_bytes(data)
        slot, value = certificate.ballot
        _, height, step = slot.step.split("/")
        place = Place(int(height), slot.round, step)
        if place.height == self.height:
            self.quorums.add((place, value))
            for validator in certificate.signers:
                self._count(place, validator, value)

    def _read(self, data: bytes) -> None:
        kind, *parts = decode(data)
        if kind == "vote":
            _, round_, text, value, validator, _ = parts
            _, height, step = text.split("/")
            self._count(Place(int(height), round_, step), validator, value)
        elif kind == "certificate":
            self._take(parts[0])
        elif kind == "decision":
            self.told_final.add(Decision.from_bytes(parts[0]).certificate.ballot.value)
        elif kind == "motion":
            self._know([kind, *parts])

    def _know(self, parts: list[object]) -> None:
        _, named, _, _, round_, text, value, validator, _, shown = parts
        proposal = Proposal.of(named)  # type: ignore[arg-type]
        if proposal.height < self.height or (proposal.height > self.height and proposal.round):
            return
        place = Place(proposal.height, round_, str(text).split("/")[2])  # type: ignore[arg-type]
        self._count(place, validator, value)  # type: ignore[arg-type]
        for certificate in shown:  # type: ignore[attr-defined]
            self._take(certificate)
        # Of one mover and place the first is kept, and what a quorum voted for.
        is_first = (place, validator) not in self.movers
        self.movers.add((place, validator))  # type: ignore[arg-type]
        backed = any(each == value for _, each in self.quorums)
        self.blocks.setdefault(value, proposal)  # type: ignore[arg-type]
        if is_first or backed or value in self.mine.values():
            self.kept.add(value)  # type: ignore[arg-type]
