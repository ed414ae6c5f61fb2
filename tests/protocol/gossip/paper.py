"""Plumtree as algorithms 1–3 of the paper have it, word for word, for comparison; names and order are the paper's.

J. Leitão, J. Pereira, L. Rodrigues, "Epidemic Broadcast Trees", SRDS 2007. Peers are numbers, messages their ids.
"""

from __future__ import annotations

from typing import Any

Sent = tuple[Any, ...]


class PaperPlumtree:
    """What one node sends: ``sent`` is emptied by whoever looks."""

    def __init__(self, timeout1: int, timeout2: int, threshold: int) -> None:
        self.eager: set[int] = set()
        self.lazy: set[int] = set()
        self.missing: list[tuple[int, int, int]] = []
        self.received: dict[int, int] = {}
        self.timers: dict[int, int] = {}
        self.sent: list[Sent] = []
        self.timeouts = timeout1, timeout2
        self.threshold = threshold
        self.now = 0

    def broadcast(self, m: int) -> None:
        self._push(m, 0, None)
        self.received[m] = 0

    def gossip(self, m: int, round_: int, sender: int) -> None:
        if m not in self.received:
            self.received[m] = round_ + 1
            self.timers.pop(m, None)
            self._push(m, round_ + 1, sender)
            if sender in self.eager | self.lazy:
                self.eager.add(sender)
                self.lazy.discard(sender)
            self._optimise(m, round_, sender)
            self.missing = [each for each in self.missing if each[0] != m]
        elif sender in self.eager | self.lazy:
            self._prune(sender)

    def i_have(self, m: int, round_: int, sender: int) -> None:
        if m not in self.received:
            self.timers.setdefault(m, self.now + self.timeouts[0])
            self.missing.append((m, sender, round_))

    def graft(self, m: int | None, sender: int) -> None:
        self.eager.add(sender)
        self.lazy.discard(sender)
        if m in self.received:
            self.sent.append(("GOSSIP", sender, m, self.received[m]))

    def prune(self, sender: int) -> None:
        self.eager.discard(sender)
        self.lazy.add(sender)

    def neighbour_up(self, node: int) -> None:
        self.eager.add(node)

    def neighbour_down(self, node: int) -> None:
        self.eager.discard(node)
        self.lazy.discard(node)
        self.missing = [each for each in self.missing if each[1] != node]

    def tick(self) -> None:
        self.now += 1
        for m in [m for m, due in self.timers.items() if due <= self.now]:
            first = next((each for each in self.missing if each[0] == m), None)
            if first is None:
                del self.timers[m]
                continue
            self.timers[m] = self.now + self.timeouts[1]
            self.missing.remove(first)
            _, node, round_ = first
            self.eager.add(node)
            self.lazy.discard(node)
            self.sent.append(("GRAFT", node, m, round_))

    def _push(self, m: int, round_: int, sender: int | None) -> None:
        self.sent += [("GOSSIP", p, m, round_) for p in self.eager if p != sender]
        self.sent += [("IHAVE", p, m, round_) for p in self.lazy if p != sender]

    def _prune(self, sender: int) -> None:
        self.eager.discard(sender)
        self.lazy.add(sender)
        self.sent.append(("PRUNE", sender))

    def _optimise(self, m: int, round_: int, sender: int) -> None:
        for each, node, r in self.missing:
            if each == m and r < round_ and round_ - r >= self.threshold and node in self.lazy:
                self.sent.append(("GRAFT", node, None, r))
                self.eager.add(node)
                self.lazy.discard(node)
                if sender in self.eager | self.lazy:
                    self._prune(sender)
                return
