"""A block and who looks at it, in one seeded world: a producer that may hide or lie, light nodes, repairers."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING

from focusmesh.errors import ProofError
from focusmesh.kernel.availability import BadEncoding, Gathering, Sampled, Sampler, Square

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from focusmesh.kernel.availability import ProvedShare, Roots
    from tests.world.sim import SimWorld

    Place = tuple[int, int]

STEP_MS = 500


class Producer:
    """Answers for shares; ``withheld`` ones it never gives, and of every fortieth answer it makes something else."""

    def __init__(self, sim: SimWorld, square: Square, withheld: Collection[Place]) -> None:
        self.sim, self.square, self.withheld = sim, square, set(withheld)
        self.given: set[Place] = set()
        self._random = Random(f"producer {sim.seed}")

    def ask(self, place: Place, answer: Callable[[ProvedShare], None]) -> None:
        if place in self.withheld:
            self.sim.fault("withheld")
            return
        share = self.square.prove(*place, "row" if self._random.random() < 0.5 else "column")
        if self._random.random() < 1 / 40:
            self.sim.fault("lied")
            lie = bytearray(share.share)
            lie[self._random.randrange(len(lie))] ^= 1 + self._random.randrange(255)
            share = type(share)(share.row, share.column, share.axis, bytes(lie), share.proof)
        else:
            self.given.add(place)
        self.sim.carry("producer", lambda: answer(share))


class Repairer:
    """Takes what light nodes pass on, repairs, and tells everybody what came of it."""

    def __init__(
        self, sim: SimWorld, roots: Roots, tell: Callable[[Square | BadEncoding], None]
    ) -> None:
        self.sim, self.gathering, self._tell = sim, Gathering(roots), tell
        self.found: Square | BadEncoding | None = None

    def take(self, share: ProvedShare) -> None:
        try:
            self.gathering.add(share)
        except ProofError:
            self.sim.fault("refused share")
        if self.found is None and self.gathering.is_enough:
            self.found = self.gathering.repair()
            if self.found is not None:
                self.sim.note("repaired", type(self.found).__name__, len(self.gathering))
                self._tell(self.found)


class LightNode:
    """Samples the producer; passes on what it has; believes no block that was shown to be coded badly."""

    def __init__(
        self, sim: SimWorld, number: int, roots: Roots, count: int, send: Callable[..., None]
    ) -> None:
        self.sim, self.number, self.roots, self._send = sim, number, roots, send
        rng = Random(f"light node {sim.seed} {number}").randbytes
        self.sampler = Sampler(roots, rng, count, attempts=10)
        self.outcome: Sampled | None = None
        self.rejects = False

    def step(self) -> None:
        for place in self.sampler.asks(self.sim.now):
            self._send(self, place)
        self.outcome = self.sampler.outcome(self.sim.now)
        if self.outcome is None:
            self.sim.after(STEP_MS, self.step)
        else:
            self.sim.note("sampled", self.number, len(self.outcome.missing))

    def told(self, proof: bytes) -> None:
        try:
            BadEncoding.decode(proof).verify(self.roots)
        except ProofError:
            self.sim.fault("refused proof")
        else:
            self.rejects = True


class SampledBlock:
    """One block in one world, looked at until nobody waits any more."""

    def __init__(
        self,
        sim: SimWorld,
        square: Square,
        roots: Roots,
        *,
        withheld: Collection[Place] = (),
        light_nodes: int = 60,
        samples: int = 8,
        repairers: int = 2,
    ) -> None:
        self.sim, self.roots = sim, roots
        self.producer = Producer(sim, square, withheld)
        self.repairers = [Repairer(sim, roots, self._tell) for _ in range(repairers)]
        self.light = [LightNode(sim, n, roots, samples, self._send) for n in range(light_nodes)]

    def run(self) -> None:
        for node in self.light:
            self.sim.after(self.sim.random.randrange(50), node.step)
        self.sim.run(self.sim.now + 120_000)
        for repairer in self.repairers:
            self._fetch(repairer)
        self.sim.run(self.sim.now + 120_000)

    def _send(self, node: LightNode, place: Place) -> None:
        def came(share: ProvedShare) -> None:
            if node.sampler.take(share):
                for repairer in self.repairers:
                    self.sim.carry(f"gossip {node.number}", partial(repairer.take, share))

        self.sim.carry(f"ask {node.number}", lambda: self.producer.ask(place, came))

    def _fetch(self, repairer: Repairer) -> None:
        """What nobody sampled, a repairer asks for itself, a few times."""
        for attempt in range(6):
            for place in repairer.gathering.missing():
                ask = partial(self.producer.ask, place, repairer.take)
                self.sim.after(attempt * 15_000, partial(self.sim.carry, "fetch", ask))

    def _tell(self, found: Square | BadEncoding) -> None:
        if isinstance(found, BadEncoding):
            proof = found.encode()
            for node in self.light:
                self.sim.after(100, partial(node.told, proof))
                self.sim.after(200, partial(node.told, proof[:-1] + bytes([proof[-1] ^ 1])))
