"""How many blocks honest signals wait in a flood, by the pool of a node and by one that is first come, first served.

In virtual time: the same on any machine.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.attack.flood import FloodCase, waits_in
from benchmarks.harness import Result, Target

if TYPE_CHECKING:
    from benchmarks.harness import Row

SMALL = FloodCase(capacity=60, room=2_400, blocks=60, neurons=8, newcomers=1)
LITTLE, THIRD = 0.01, 1 / 3


def measure(quick: bool) -> Result:
    """Without a flood, in two floods, and in the same two without weights."""
    result = Result("flood")
    calm = SMALL if quick else FloodCase()
    cases = {
        "no flood": calm,
        "1,000 keys with 1 % of the stake": replace(calm, flood=10, share=LITTLE),
        "1,000 keys with a third of the stake": replace(calm, flood=10, share=THIRD),
    }
    rows: list[Row] = []
    for name, case in cases.items():
        for is_fair in (True, False):
            waits = waits_in(replace(case, is_fair=is_fair))
            order = "by weight" if is_fair else "first come, first served"
            rows.append({"flood": name, "order": order, **waits._asdict()})
            if is_fair and case is not calm:
                worst = max(waits)
                result.targets.append(Target(f"p95 in a flood of {name}", 2, worst, "blocks"))
    title = (
        f"Blocks that honest signals wait, 95 of 100 no longer: {calm.capacity:,} fit a block, honest ones are "
        f"{calm.load:.0%} of that, a flood is ten times as much"
    )
    result.add(title, rows)
    return result
