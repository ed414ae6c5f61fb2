"""Gossip among 1,000 nodes, simulated: what a message costs and how it goes when nodes die, lines part, and peers lie.

Beside Plumtree over HyParView's views, in the same run: flooding of the same views, and sending to k nodes at random
of everybody there is, which no node of a large network knows. Times are virtual; nothing here depends on the machine.
"""

from __future__ import annotations

import random
import statistics
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.data.crowd import LOST_S, UNREACHABLE_S, Crowd, Spread, crowd_of, spread_plainly
from benchmarks.harness import Result, Row, Target
from focusmesh.protocol.gossip import GossipSettings
from focusmesh.protocol.gossip.messages import Announce, Push

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from focusmesh.protocol.gossip.messages import Message

_DATA_BYTES = 1_024
_FANOUTS = (4, 7, 11)
_DEAD = (0.1, 0.2, 0.4, 0.6, 0.8)
_PARTED_S = (60, 150)
_MUTE = (0.1, 0.3)
_CALLS_PER_S = 2


def measure(quick: bool) -> Result:
    """1,000 nodes that join by one, 20 a second; a message of 1 KiB every 2 s."""
    count = 60 if quick else 1_000
    result = Result("gossip")
    settled = crowd_of(count, 1, GossipSettings(), joins_per_s=20)
    for number in range(20):
        _published(settled, number)
        settled.run(2)
    _steady(result, settled.copy(), 6 if quick else 40)
    _dying(result, settled, _DEAD[::3] if quick else _DEAD)
    _parting(result, settled, _PARTED_S[:1] if quick else _PARTED_S)
    _lying(result, settled, _MUTE[:1] if quick else _MUTE)
    _crowding(result, settled, _MUTE[:1] if quick else _MUTE)
    return result


def _flooding(crowd: Crowd) -> Callable[[int, int | None], Iterable[int]]:
    return lambda node, source: [each for each in crowd.neighbours(node) if each != source]


def _at_random(count: int, fanout: int, seed: int) -> Callable[[int, int | None], Iterable[int]]:
    chance = random.Random(seed)
    return lambda node, source: chance.sample(range(count), fanout)


def _published(crowd: Crowd, number: int, *, by: int | None = None) -> Spread:
    data = number.to_bytes(8, "big") * (_DATA_BYTES // 8)
    return crowd.publish(crowd.chance.choice(list(crowd.cores)) if by is None else by, "t", data)


def _steady(result: Result, crowd: Crowd, messages: int) -> None:
    count = len(crowd.cores)
    control_before = crowd.control_bytes
    own = []
    for number in range(20, 20 + messages):
        own.append(_published(crowd, number))
        crowd.run(2)
    control = (crowd.control_bytes - control_before) / messages / count
    plain: dict[str, Callable[[int, int | None], Iterable[int]]] = {"flooding": _flooding(crowd)}
    plain |= {f"{k} at random": _at_random(count, k, k) for k in _FANOUTS}
    rows = [_steady_row("Plumtree", count, own)]
    rows[0]["control_bytes"] = control
    for who, peers in plain.items():
        chance = random.Random(2)
        spreads = [spread_plainly(crowd, chance.randrange(count), peers) for _ in range(messages)]
        rows.append(_steady_row(who, count, spreads))
    result.add(
        f"{count:,} nodes at rest: a message of 1 KiB from a random node; means of {messages} messages, control bytes a"
        " node and message (shuffles of 2 s included)",
        rows,
    )
    worst = min(spread.share(crowd.cores) for spread in own)
    redundancy = statistics.fmean(spread.redundancy() for spread in own)
    result.targets += [
        Target("nodes reached by each message at rest", 1.0, worst, "of them", at_least=True),
        Target("pushes too many a node and message at rest", 0.05, redundancy, "pushes"),
    ]


def _steady_row(who: str, count: int, spreads: Sequence[Spread]) -> Row:
    mean = statistics.fmean
    return {
        "who": who,
        "reached": mean(len(spread.reached_s) / count for spread in spreads),
        "redundancy": mean(spread.redundancy() for spread in spreads),
        "data_bytes_a_node": mean(spread.pushes * _DATA_BYTES / count for spread in spreads),
        "last_hop": mean(spread.last_hop() for spread in spreads),
        "half_s": mean(spread.seconds(0.5) for spread in spreads),
        "all_s": mean(spread.seconds() for spread in spreads),
        "slowest_all_s": max(spread.seconds() for spread in spreads),
    }


def _dying(result: Result, settled: Crowd, parts: Sequence[float]) -> None:
    count = len(settled.cores)
    rows: list[Row] = []
    for part in parts:
        crowd = settled.copy()
        crowd.kill(crowd.chance.sample(range(1, count), round(part * count)))
        died: Row = {"died": part}
        rows.append(died | _after_death(crowd, count))
    result.add(
        f"Part of {count:,} nodes dies at once: a message in the same moment, then one every 2 s (survivors reached; a"
        f" dead neighbour is noticed after {LOST_S:g} s, a dead callee after {UNREACHABLE_S:g} s)",
        rows,
    )
    repaired = min(float(row["reached_in_the_end"] or 0) for row in rows)
    result.targets.append(
        Target("survivors reached after the repair", 1.0, repaired, "of them", at_least=True)
    )


def _after_death(crowd: Crowd, count: int) -> Row:
    flooded = _reached_plainly(crowd, _flooding(crowd))
    random_share = _reached_plainly(crowd, _at_random(count, 7, 7))
    first, begun_s = _published(crowd, 1_000), crowd.now_s
    whole_s, later = None, []
    shares = {}
    for number in range(20):
        crowd.run(2)
        shares[crowd.now_s - begun_s] = first.share(crowd.cores)
        if whole_s is None and len(crowd.pieces()) == 1:
            whole_s = crowd.now_s - begun_s
        later.append(_published(crowd, 2_000 + number))
    crowd.run(5)
    return {
        "flooding": flooded,
        "7_at_random": random_share,
        "after_2_s": shares[min(shares)],
        "all_reached_after_s": first.seconds() if first.share(crowd.cores) == 1 else None,
        "one_piece_after_s": whole_s,
        "redundancy_then": statistics.fmean(spread.redundancy() for spread in later[-10:]),
        "reached_in_the_end": min(spread.share(crowd.cores) for spread in later[-10:]),
    }


def _reached_plainly(crowd: Crowd, peers: Callable[[int, int | None], Iterable[int]]) -> float:
    """The mean part of the living that a message reaches, of ten by random nodes."""
    chance = random.Random(3)
    senders = chance.sample(list(crowd.cores), min(10, len(crowd.cores)))
    spreads = [spread_plainly(crowd, sender, peers) for sender in senders]
    return statistics.fmean(spread.share(crowd.cores) for spread in spreads)


def _parting(result: Result, settled: Crowd, durations: Sequence[float]) -> None:
    count = len(settled.cores)
    rows: list[Row] = []
    for duration in durations:
        crowd = settled.copy()
        crowd.part({node: int(node >= count // 2) for node in range(count)})
        crowd.run(duration - 30)
        during = [_published(crowd, 1_000, by=0), _published(crowd, 1_001, by=count - 1)]
        crowd.run(30)
        sides = [spread.share(crowd.cores) for spread in during]
        crowd.heal()
        healed_s = crowd.now_s
        later = []
        for number in range(20):
            later.append(_published(crowd, 2_000 + number))
            crowd.run(2)
        crowd.run(10)
        rows.append(
            {
                "parted_s": duration,
                "reached_while_parted": max(sides),
                "old_ones_reach_all_after_s": max(
                    max(spread.reached_s.values()) - healed_s for spread in during
                ),
                "next_one_reaches_all_after_s": later[0].seconds(),
                "slowest_later_one_s": max(spread.seconds() for spread in later),
                "reached_by_all_of_them": min(
                    spread.share(crowd.cores) for spread in (*during, *later)
                ),
            }
        )
    result.add(
        f"{count:,} nodes parted in two halves, and joined again; two messages of 30 s before that, then one every 2 s",
        rows,
    )
    joined = max(
        float(row["next_one_reaches_all_after_s"] or 0)
        if row["reached_by_all_of_them"] == 1
        else float("inf")
        for row in rows
    )
    result.targets.append(
        Target("halves joined again: the next message at all after", 30, joined, "s")
    )


def _lying(result: Result, settled: Crowd, parts: Sequence[float]) -> None:
    count = len(settled.cores)
    rows: list[Row] = []
    for part in parts:
        for who, is_lie in (("pass nothing on", _passes_on), ("announce, do not push", _pushes)):
            crowd = settled.copy()
            liars = dict.fromkeys(crowd.chance.sample(range(1, count), round(part * count)))
            honest = [node for node in crowd.cores if node not in liars]
            crowd.is_mute = partial(_is_mute, liars, is_lie)
            spreads = []
            for number in range(20):
                by = crowd.chance.choice(honest)
                spreads.append(_published(crowd, 1_000 + number, by=by))
                crowd.run(2)
            rows.append(
                {
                    "hostile": part,
                    "they": who,
                    "reached": statistics.fmean(spread.share(honest) for spread in spreads),
                    "worst": min(spread.share(honest) for spread in spreads),
                    "half_s": statistics.fmean(spread.seconds(0.5) for spread in spreads),
                    "all_s": statistics.fmean(spread.seconds() for spread in spreads),
                    "redundancy": statistics.fmean(spread.redundancy() for spread in spreads),
                }
            )
    result.add(
        f"Part of {count:,} nodes takes part and does not forward: honest nodes reached, 20 messages",
        rows,
    )


def _is_mute(
    liars: dict[int, None], is_lie: Callable[[Message], bool], node: int, message: Message
) -> bool:
    return node in liars and is_lie(message)


def _passes_on(message: Message) -> bool:
    return isinstance(message, Push | Announce)


def _pushes(message: Message) -> bool:
    return isinstance(message, Push)


def _crowding(result: Result, settled: Crowd, parts: Sequence[float]) -> None:
    count = len(settled.cores)
    rows: list[Row] = []
    for part in parts:
        crowd = settled.copy()
        crowd.turn(crowd.chance.sample(range(1, count), round(part * count)), _CALLS_PER_S)
        honest = [node for node in crowd.cores if node not in crowd.hostile]
        crowd.run(60)
        spreads = []
        for number in range(20):
            by = crowd.chance.choice(honest)
            spreads.append(_published(crowd, 1_000 + number, by=by))
            crowd.run(2)
        held = [[near in crowd.hostile for near in crowd.neighbours(node)] for node in honest]
        rows.append(
            {
                "hostile": part,
                "places_held": statistics.fmean(place for places in held for place in places),
                "views_held_whole": statistics.fmean(all(places) for places in held),
                "reached": statistics.fmean(spread.share(honest) for spread in spreads),
                "worst": min(spread.share(honest) for spread in spreads),
                "all_s": statistics.fmean(spread.seconds() for spread in spreads),
            }
        )
    result.add(
        f"Part of {count:,} nodes calls a random honest node {_CALLS_PER_S} times a second to become its neighbour,"
        " urgently, takes every message and says nothing: after a minute, 20 messages",
        rows,
    )
