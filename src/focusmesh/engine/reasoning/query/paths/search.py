"""Paths from one node by length: a search over states, each a node and how far the pattern has come there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from focusmesh.engine.reasoning.query.paths.bidirectional import Meeting, meet
from focusmesh.engine.reasoning.query.paths.repetition import Advance, Stretch, has_lawful_nodes

if TYPE_CHECKING:
    from focusmesh.engine.reasoning.query.paths.repetition import PathMode, Tick

State = tuple[int, int, int]
"""The segment, how often it was passed (where that is unbounded, at most its least number), and the node."""
Move = tuple[int, Stretch, "State"]
"""A repetition of a segment, and the state before it."""
Run = tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a path that repeats; ``admits`` says of a node whether the next segment may begin there.

    ``back`` follows its repetitions from their ends, where each is one relationship.
    """

    advance: Advance
    least: int
    most: int | None
    admits: Callable[[int], bool]
    back: Advance | None = None


class PathFound(NamedTuple):
    """A path: its last node, its length, and the run of each segment."""

    end: int
    length: int
    runs: tuple[Run, ...]


class PathSearch:
    """The paths from ``start`` through all segments; ``longest`` is a length beyond which there is none."""

    def __init__(
        self, start: int, segments: Sequence[Segment], mode: PathMode, longest: int, tick: Tick
    ) -> None:
        self._start, self._segments, self._mode = start, segments, mode
        self._longest, self._tick = longest, tick
        self._advances = dict[tuple[int, int], Sequence[Stretch]]()
        self._admitted = dict[tuple[int, int], bool]()
        self._lengths: dict[State, int] = {(0, 0, start): 0}
        self._before: defaultdict[State, list[Move]] = defaultdict(list)
        self._final: defaultdict[int, list[State]] = defaultdict(list)
        self._layers = list[dict[State, list[Move]]]()
        self._done = 0
        self._meeting: Meeting | None = None

    def ends(self, wanted: int | None) -> list[int]:
        """All nodes where a path ends, rising, or ``wanted`` alone where one ends there."""
        found = set[int]()
        if wanted is not None and self._can_meet(wanted):
            only = self._segments[0]
            assert only.back is not None
            self._meeting = meet(self._start, wanted, only.advance, only.back, self._tick)
            if self._meeting is None:
                return []
        waiting: defaultdict[int, list[State]] = defaultdict(list)
        waiting[0].append((0, 0, self._start))
        length = 0
        while waiting and wanted not in found:
            for state in waiting.pop(length, ()):
                if self._lengths[state] != length:
                    continue
                if self._is_final(state):
                    found.add(state[2])
                for segment, stretch, after in self._moves(state):
                    self._note((segment, stretch, state), after, length, waiting)
            length += 1
        for state in self._lengths:
            if state[2] in found and self._is_final(state):
                self._final[state[2]].append(state)
        return sorted(found) if wanted is None else [wanted] if wanted in found else []

    def _can_meet(self, wanted: int) -> bool:
        """Whether a search from the other end helps: there is one segment, and any way through it will do."""
        only = self._segments[0]
        is_free = len(self._segments) == 1 and only.least <= 1 and only.back is not None
        return is_free and wanted != self._start

    def _note(self, move: Move, after: State, length: int, waiting: dict[int, list[State]]) -> None:
        """Keeps a move that is among the shortest to where it leads."""
        arrival = length + len(move[1].links)
        if self._meeting is not None and not self._meeting.leads_on(after[2], arrival):
            return
        known = self._lengths.get(after)
        if known is None or known > arrival:
            self._lengths[after] = arrival
            self._before[after] = [move]
            waiting[arrival].append(after)
        elif known == arrival:
            self._before[after].append(move)

    def paths(self, end: int) -> Iterator[Iterator[PathFound]]:
        """All paths to ``end``, one of those that ``ends`` found: those of each length, shorter ones first.

        The next length is searched when it is asked for.
        """
        least = min(self._lengths[each] for each in self._final[end])
        shortest = [each for each in self._final[end] if self._lengths[each] == least]
        yield self._traces(shortest, least, lambda length, each: self._before[each])
        length = least + 1
        while length <= self._longest and self._grow(length):
            there = [each for each in self._layers[length] if self._is_final_at(each, end)]
            yield self._traces(there, length, self._moves_before)
            length += 1

    def _traces(
        self, states: Sequence[State], length: int, before: Callable[[int, State], list[Move]]
    ) -> Iterator[PathFound]:
        for state in states:
            yield from self._trace(state, length, before)

    def _moves_before(self, length: int, state: State) -> list[Move]:
        return self._layers[length][state]

    def _grow(self, length: int) -> bool:
        """Makes the states of all lengths up to one; False where no path is so long."""
        if not self._layers:
            self._layers.append({(0, 0, self._start): []})
        while len(self._layers) <= length:
            self._layers.append({})
        for at in range(self._done, length):
            for state in self._layers[at]:
                for segment, stretch, after in self._moves(state):
                    arrival = at + len(stretch.links)
                    while len(self._layers) <= arrival:
                        self._layers.append({})
                    self._layers[arrival].setdefault(after, []).append((segment, stretch, state))
        self._done = max(self._done, length)
        return any(self._layers[length:])

    def _moves(self, state: State) -> Iterator[tuple[int, Stretch, State]]:
        for index, count, node in self._closure(state):
            if index == len(self._segments):
                continue
            segment = self._segments[index]
            if segment.most is not None and count >= segment.most:
                continue
            after = count + 1 if segment.most is not None else min(count + 1, segment.least)
            key = index, node
            if key not in self._advances:
                self._advances[key] = segment.advance(node)
            for stretch in self._advances[key]:
                self._tick()
                yield index, stretch, (index, after, stretch.nodes[-1])

    def _closure(self, state: State) -> list[State]:
        """The state, and those that it is at the same time since segments are done."""
        found, (index, count, node) = [state], state
        while index < len(self._segments) and count >= self._segments[index].least:
            key = index, node
            if key not in self._admitted:
                self._admitted[key] = self._segments[index].admits(node)
            if not self._admitted[key]:
                break
            index, count = index + 1, 0
            found.append((index, count, node))
        return found

    def _is_final_at(self, state: State, end: int) -> bool:
        return state[2] == end and self._is_final(state)

    def _is_final(self, state: State) -> bool:
        return self._closure(state)[-1][0] == len(self._segments)

    def _trace(
        self, state: State, length: int, before: Callable[[int, State], list[Move]]
    ) -> Iterator[PathFound]:
        """The lawful paths that lead to a state in so many steps, found from their end."""
        moves, used, keeps = list[Move](), set[int](), self._mode != "walk"
        waiting = [iter(before(length, state))] if length else []
        if not length:
            yield self._path([], state[2], 0)
        left = length
        while waiting:
            move = next(waiting[-1], None)
            if move is None:
                waiting.pop()
                if moves:
                    gone = moves.pop()[1].links
                    left += len(gone)
                    used.difference_update(gone)
                continue
            self._tick()
            links = move[1].links
            if keeps and not used.isdisjoint(links):
                continue
            if left == len(links):
                found = self._path([*moves, move], state[2], length)
                if has_lawful_nodes([self._start, *_nodes(found)], self._mode):
                    yield found
                continue
            moves.append(move)
            left -= len(links)
            used.update(links if keeps else ())
            waiting.append(iter(before(left, move[2])))

    def _path(self, moves: Sequence[Move], end: int, length: int) -> PathFound:
        runs: list[list[Stretch]] = [[] for _ in self._segments]
        for segment, stretch, _ in reversed(moves):
            runs[segment].append(stretch)
        return PathFound(end, length, tuple(map(tuple, runs)))


def _nodes(found: PathFound) -> Iterator[int]:
    for run in found.runs:
        for stretch in run:
            yield from stretch.nodes


def select_paths(
    groups: Iterator[Iterator[PathFound]],
    kind: str,
    count: int,
    admits: Callable[[PathFound], bool],
) -> Iterator[PathFound]:
    """Of groups of paths by length those that a selector takes: the first ones, or with ``groups`` the first groups."""
    taken, are_groups = 0, kind == "groups"
    for group in groups:
        found = 0
        for path in filter(admits, group):
            yield path
            found += 1
            if not are_groups and taken + found == count:
                return
        taken += min(found, 1) if are_groups else found
        if taken == count:
            return
