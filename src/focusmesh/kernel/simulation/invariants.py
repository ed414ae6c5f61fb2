"""What has to hold in every network at every time; looked at after every commit of every node, and in the end."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.engine.focus import FocusParams
from focusmesh.errors import ProofError, SimulationError
from focusmesh.ids import digest
from focusmesh.kernel.block import Body, Chain
from focusmesh.kernel.consensus import Decision, Vote
from focusmesh.kernel.simulation.reference_model import (
    cold_focus,
    plain_burned,
    plain_root,
    plain_supply,
)
from focusmesh.kernel.state import verify_membership, verify_non_membership
from focusmesh.protocol.identity import SIGNATURE_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from focusmesh.kernel.block import Header
    from focusmesh.kernel.simulation.machine import Machine
    from focusmesh.kernel.simulation.users import Users

_ONE = 2.0**63


class Invariants:
    """Knows every block that any node ever committed. ``checked`` counts what was looked at, by name."""

    def __init__(self, seed: int, users: Users, supply: int, accused: int = 0) -> None:
        """``accused``: what may be burned at most, of who votes twice."""
        self.checked: Counter[str] = Counter()
        self.placed: dict[bytes, int] = {}
        """Signals that are in a block, with its height."""
        self.height = 0
        self._seed, self._users, self._supply = seed, users, supply
        self._headers: dict[int, Header] = {}
        self._seen: dict[int, int] = {}
        self._decided: dict[int, bytes] = {}
        self._accused = accused
        self._random = Random(f"invariants {seed}")

    def expect(self, holds: bool, name: str, words: str) -> None:
        """Counts one look at an invariant. Raises SimulationError with its name where it does not hold."""
        self.checked[name] += 1
        if not holds:
            raise SimulationError(name, f"seed {self._seed}: {name}: {words}")

    def note_lost(self, machine: Machine) -> None:
        """A machine's disk is empty, and it is to come to where the others are once more."""
        self._seen[machine.number] = 0

    def look(self, machine: Machine, chain: Chain) -> None:
        """All blocks that the machine has and had not when it was looked at last."""
        before, height = self._seen.get(machine.number, 0), chain.height
        self.expect(
            height >= before,
            "nothing is lost",
            f"{machine.name} had block {before}, and now ends at {height}",
        )
        self._seen[machine.number] = height
        is_first = height > self.height
        for at in range(before + 1, height + 1):
            self._same(machine, chain.header(at))
            if chain.validator_set is not None:
                self._decision(machine, chain, at)
            if at not in self._headers:
                self._first(machine, chain, at)
        if height > before:
            self._state(machine, chain)
            # The header's root holds the vector of the others to that of the first.
            if is_first or self._random.random() < 0.1:
                self._focus(machine, chain)

    def _same(self, machine: Machine, header: Header) -> None:
        known = self._headers.get(header.height)
        self.expect(
            known is None or (known.id, known.state_root) == (header.id, header.state_root),
            "one block a height",
            f"{machine.name} has another block {header.height} than there was before",
        )

    def _decision(self, machine: Machine, chain: Chain, height: int) -> None:
        """That of a block, if it has one of its own: counted by hand, and the same as everybody's."""
        data, header = chain.decision_of(height), chain.header(height)
        self.expect(
            bool(data) or height < chain.height,
            "what is final has a decision",
            f"block {height} of {machine.name} is its last one, and has none",
        )
        if not data:
            return
        decision, weights = Decision.from_bytes(data), chain.validator_set_of(height).weights
        ballot = decision.certificate.ballot
        signed = {
            validator
            for validator, signature in decision.certificate.signatures
            if Vote(ballot, validator, signature).holds()
        }
        weight = sum(weights.get(validator, 0) for validator in sorted(signed))
        self.expect(
            3 * weight > 2 * sum(weights.values())
            and ballot.value == decision.proposal.digest(chain.network)
            and (decision.proposal.subject, decision.proposal.height) == (header.id, height),
            "decisions are of a quorum",
            f"block {height} of {machine.name} is decided by {weight} of {sum(weights.values())}",
        )
        self.expect(
            self._decided.setdefault(height, decision.proposal.subject)
            == decision.proposal.subject,
            "one decision a height",
            f"block {height} of {machine.name} is another than was decided before",
        )

    def _first(self, machine: Machine, chain: Chain, height: int) -> None:
        """A block that is new to everybody."""
        self._headers[height] = chain.header(height)
        self.height = max(self.height, height)
        body = Body.decode(chain.block(height).body, chain.parameters.block_bytes_max)
        for wire, outcome in zip(body.signals, body.results, strict=True):
            signal = digest(wire[SIGNATURE_BYTES:])
            sent = self._users.sent.get(signal)
            if sent is None and b"alive/1" in wire:
                continue  # Validators say it by themselves.
            if sent is None and b"accuse/1" in wire:
                # Validators sign these; several may show the same.
                words = f"block {height} of {machine.name} takes the bond of who did"
                self.expect(self._accused > 0, "nobody votes twice", words)
                continue
            self.expect(
                sent is not None and sent.wire == wire,
                "signals are their neurons'",
                f"block {height} of {machine.name} has {signal.hex()}, which nobody signed",
            )
            self.expect(
                signal not in self.placed,
                "signals stand once",
                f"{signal.hex()} is in blocks {self.placed.get(signal)} and {height}",
            )
            self.expect(
                outcome.code == "ok",
                "good signals do what they say",
                f"{signal.hex()} in block {height} came to {outcome.code!r}",
            )
            self.placed[signal] = height

    def _state(self, machine: Machine, chain: Chain) -> None:
        """The state after the last block of a machine."""
        tip, where = chain.tip, f"block {chain.height} of {machine.name}"
        with chain.state.at() as view:
            leaves = dict(view.scan())
            root = plain_root(leaves)
            there = self._random.choice(sorted(leaves))
            absent = digest(there)
            try:
                verify_membership(tip.state_root, view.tree.prove(there), there, leaves[there])
                verify_non_membership(tip.state_root, view.tree.prove(absent), absent)
                refusal = ""
            except ProofError as error:
                refusal = str(error)
        self.expect(root == tip.state_root, "roots are those of the leaves", where)
        self.expect(not refusal, "proofs verify", f"{where}, {there!r}: {refusal}")
        supply, expected = plain_supply(leaves), self._supply - plain_burned(leaves)
        self.expect(
            expected - self._accused <= supply <= expected,
            "supply is conserved",
            f"{where}: {supply} base units, not {expected}",
        )

    def _focus(self, machine: Machine, chain: Chain) -> None:
        tip, where = chain.tip, f"block {chain.height} of {machine.name}"
        certificate = tip.focus_certificate
        if certificate is None or certificate.height != tip.height:
            return
        with chain.state.at() as view:
            cold = cold_focus(view, chain.parameters)
        vector = chain.vector(tip.height) / _ONE
        off = float(np.abs(vector - cold).sum()) if len(vector) == len(cold) else float("inf")
        bound = 2 * certificate.rise / _ONE / (1 - FocusParams().kappa)
        self.expect(
            off <= bound + 1e-12 and certificate.rise <= chain.parameters.residual_limit,
            "focus is within its bound",
            f"{where}: {off:.3g} off, certified to {bound:.3g}",
        )

    def check_end(self, machines: Sequence[Machine]) -> None:
        """In the end, with everything whole again: everybody has the same, and everything that was acknowledged."""
        for machine in machines:
            height = machine.chain.height if machine.chain is not None else None
            self.expect(
                height == self.height,
                "nobody is stuck",
                f"{machine.name} ends at block {height}, others at {self.height}",
            )
        for machine in machines:
            for signal in machine.letterbox.acknowledged:
                said = machine.letterbox.refused.get(signal, "nothing")
                self.expect(
                    signal in self.placed,
                    "what is acknowledged is in a block",
                    f"{signal.hex()} was left with {machine.name}, which said {said} of it",
                )
        if not self._accused:
            self._honest(machines)
        for machine in machines:
            chain = machine.chain
            lacking = self.lacking(chain) if chain is not None else []
            self.expect(
                not lacking,
                "contents are everywhere",
                f"{machine.name} lacks {', '.join(name.hex() for name in lacking)}",
            )

    def _honest(self, machines: Sequence[Machine]) -> None:
        """Nobody can prove that somebody voted twice."""
        for machine in machines:
            agreeing = machine.replica.agreeing if machine.replica is not None else None
            if agreeing is not None:
                guilty = [validator.hex() for validator in agreeing.accusing.guilty]
                self.expect(
                    not guilty,
                    "nobody votes twice",
                    f"{machine.name} can prove it of {', '.join(guilty)}",
                )

    def lacking(self, chain: Chain) -> list[bytes]:
        """The contents that users published and a node has not."""
        names = [digest(text) for packet in self._users.sent.values() for text in packet.contents]
        with chain.state.at() as view:
            return [name for name in names if view.content(name) is None]
