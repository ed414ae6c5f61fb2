"""What attacks gain per unit of stake, for focus, PageRank and EigenTrust. Scores, not times: the same on any machine.

A gain is measured against honest stake: an attacker who holds one percent of all focus for one percent of all stake
gains 1. Scores are certified to 1e-9; what is less counts as 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.attack import RANKINGS, all_attacks, named
from benchmarks.harness import Result, Row

if TYPE_CHECKING:
    from benchmarks.attack import Attack, Honest

GRAPHS = ("library", "rmat14")
_QUICK = (3,)


def measure(quick: bool) -> Result:
    """All attacks on both graphs."""
    result = Result("attack")
    for name in GRAPHS[1:] if quick else GRAPHS:
        honest = named(name)
        graph = honest.graph
        what = f"{name}: {graph.particle_count:,} particles, {graph.link_count:,} links"
        attacks = list(all_attacks(honest, _QUICK) if quick else all_attacks(honest))
        held = [held_after(attack, honest) for attack in attacks]
        rows = [
            row(attack, {name: gain(share, attack, honest) for name, share in shares.items()})
            for attack, shares in zip(attacks, held, strict=True)
        ]
        result.add(f"Gain per unit of stake, {what}", rows)
        rows = [
            row(attack, {name: 100 * share for name, share in shares.items()})
            for attack, shares in zip(attacks, held, strict=True)
        ]
        result.add(f"Percent of all focus that the attacker holds, {what}", rows)
    return result


def held_after(attack: Attack, honest: Honest) -> dict[str, float]:
    """What the attacker's particles, none of which were there before, score after the attack."""
    attacked = attack.on(honest.graph)
    owned = attacked.particles.indices(attack.owned)
    focuses = {name: rank(attacked, honest.seeds) for name, rank in RANKINGS.items()}
    shares = {name: float(focus.scores[owned].sum()) for name, focus in focuses.items()}
    return {name: share if share > focuses[name].bound else 0.0 for name, share in shares.items()}


def gain(share: float, attack: Attack, honest: Honest) -> float:
    """Share of all focus for the share of the honest stake."""
    return share / (attack.stake / honest.stake)


def row(attack: Attack, values: dict[str, float]) -> Row:
    """One line of a table."""
    return {"attack": attack.name, "size": attack.size, "stake": attack.stake, **values}
