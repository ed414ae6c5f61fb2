"""The numbers of gossip, in one place; times are counted in ticks."""

from __future__ import annotations

from dataclasses import dataclass, fields

from focusmesh.errors import ParameterError


@dataclass(frozen=True, kw_only=True)
class GossipSettings:
    """Sizes of views and lengths of walks are those of the HyParView paper, section 5.1; c = 1 and k = 6 there.

    Inequalities, which ``verify`` checks: every number ≥ 1 (optimise_rounds ≥ 2); passive_walk ≤ active_walk ≤ 16;
    graft_ticks ≤ missing_ticks ≤ promise_ticks ≤ kept_ticks ≤ seen_ticks; shuffle_active ≤ active_size;
    shuffle_passive ≤ passive_size; 1 + shuffle_active + shuffle_passive ≤ 32; queue_bytes ≥ 2 MiB, two messages.
    """

    tick_ms: int = 100
    active_size: int = 5
    """Neighbours: the others that messages go to. Symmetric."""
    passive_size: int = 30
    """Others that are known, to take the place of neighbours that are gone."""
    active_walk: int = 6
    """Steps of the random walk that a join goes (ARWL)."""
    passive_walk: int = 3
    """Steps before its end at which the walk leaves the joining node in a passive view (PRWL)."""
    shuffle_active: int = 3
    shuffle_passive: int = 4
    shuffle_ticks: int = 100
    """From one exchange of passive views to the next."""
    fill_ticks: int = 10
    """From one look for missing neighbours to the next; a lost one is looked for at once."""
    answer_ticks: int = 50
    """How long a peer may take to answer whether it will be a neighbour."""
    heal_ticks: int = 100
    """From one call at a peer that was lost to the next: what joins two halves again that had been parted."""
    gone_size: int = 16
    """Lost peers that are remembered."""
    gone_ticks: int = 36_000
    """For how long."""
    missing_ticks: int = 5
    """From an announcement to the first request for what was announced (Plumtree's time-out 1)."""
    graft_ticks: int = 3
    """From one such request to the next (its time-out 2)."""
    optimise_rounds: int = 3
    """How many hops an announcement must be ahead for its sender to become the parent in the tree (threshold)."""
    promise_ticks: int = 100
    """How long an announced message may be missing, from everybody, before its announcers are blamed."""
    kept_ticks: int = 600
    """How long a message can be had from here after it came."""
    kept_bytes: int = 32 << 20
    """How much of them is kept."""
    seen_ticks: int = 6_000
    """How long a message is remembered by its id, so that it is spread once."""
    seen_count: int = 65_536
    pending_bytes: int = 8 << 20
    """How much may wait for its validation."""
    announced_count: int = 2_048
    """Missing messages that one peer may have announced."""
    catch_up_count: int = 128
    """Recent messages that are announced to a new neighbour."""
    queue_bytes: int = 8 << 20
    """What may wait to be sent to one peer before it counts as lost; from half of that on it is not pushed to."""
    received_count: int = 1_024
    """Messages that may wait to be read by whoever uses the gossip before peers are held up."""

    def verify(self) -> None:
        """Raises ParameterError naming the first inequality that does not hold."""
        for field in fields(self):
            if getattr(self, field.name) < 1:
                raise ParameterError(f"{field.name} is {getattr(self, field.name)}; at least 1")
        ticks = (
            *(self.graft_ticks, self.missing_ticks, self.promise_ticks),
            *(self.kept_ticks, self.seen_ticks),
        )
        inequalities = {
            "optimise_rounds ≥ 2": self.optimise_rounds >= 2,
            "passive_walk ≤ active_walk ≤ 16": self.passive_walk <= self.active_walk <= 16,
            "graft ≤ missing ≤ promise ≤ kept ≤ seen ticks": list(ticks) == sorted(ticks),
            "shuffle_active ≤ active_size": self.shuffle_active <= self.active_size,
            "shuffle_passive ≤ passive_size": self.shuffle_passive <= self.passive_size,
            "1 + shuffle_active + shuffle_passive ≤ 32": self.shuffle_count <= 32,
            "queue_bytes ≥ 2 MiB": self.queue_bytes >= 2 << 20,
        }
        for inequality, holds in inequalities.items():
            if not holds:
                raise ParameterError(f"gossip needs {inequality}")

    @property
    def shuffle_count(self) -> int:
        """Contacts in an exchange, one's own included."""
        return 1 + self.shuffle_active + self.shuffle_passive
