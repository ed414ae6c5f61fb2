"""Rows as the format page has them, built the slow and obvious way, and blocks of changes to try them on."""

from __future__ import annotations

from hashlib import sha256
from random import Random

Row = dict[bytes, tuple[int, int]]
"""target ‖ relation ‖ neuron → amount, height."""
UNIT = 7


def number(value: int) -> bytes:
    return value.to_bytes(8, "big")


def tree(entries: list[bytes], summed: bool, depth: int = 0) -> tuple[bytes, int]:
    """Hash and sum of the prefix tree over sorted entries."""
    if not entries:
        return bytes(32), 0
    if len(entries) <= 32:
        total = sum(int.from_bytes(entry[32:40], "big") for entry in entries) if summed else 0
        return sha256(b"\0" + b"".join(entries)).digest(), total
    sides: tuple[list[bytes], list[bytes]] = ([], [])
    for entry in entries:
        sides[entry[depth // 8] >> (7 - depth % 8) & 1].append(entry)
    left, left_sum = tree(sides[0], summed, depth + 1)
    right, right_sum = tree(sides[1], summed, depth + 1)
    message = left + number(left_sum) + right + number(right_sum) if summed else left + right
    return sha256(b"\1" + message).digest(), left_sum + right_sum


def weights(row: Row) -> dict[bytes, int]:
    """Weights of a row's axons."""
    totals: dict[bytes, int] = {}
    for key, (amount, _) in row.items():
        totals[key[:32]] = totals.get(key[:32], 0) + amount
    return {target: min(max(total // UNIT, 1), 2**32 - 1) for target, total in totals.items()}


def value(row: Row) -> bytes | None:
    """What the state tree has for a row, None without links."""
    if not row:
        return None
    axons = weights(row)
    root, total = tree([key + number(axons[key]) for key in sorted(axons)], True)
    links = [key + number(row[key][0]) + number(row[key][1]) for key in sorted(row)]
    head = number(len(row)) + number(len(axons)) + number(total)
    return head + root + tree(links, False)[0]


class Ledger:
    """Rows by source, and seeded blocks of changes to them.

    ``"random"`` draws digests, ``"close"`` digests that share long prefixes, ``"few"`` has many authors of few axons.
    """

    def __init__(self, style: str, seed: int) -> None:
        self.random = Random(f"{style} {seed}")
        self.rows: dict[bytes, Row] = {}
        self.sources = self.digests(5)
        self.targets = self._targets(style)
        self.relations = [bytes(32), *self.digests(2)]
        self.neurons = self.digests(60 if style == "few" else 4)

    def digests(self, count: int) -> list[bytes]:
        return [self.random.randbytes(32) for _ in range(count)]

    def _targets(self, style: str) -> list[bytes]:
        if style != "close":
            return self.digests(3 if style == "few" else 300)
        base = int.from_bytes(self.random.randbytes(32), "big")
        flips = [1 << self.random.randrange(256) for _ in range(60)]
        tails = [self.random.randrange(4) << self.random.choice([0, 100, 200]) for _ in flips]
        return [
            (base ^ flip ^ tail).to_bytes(32, "big")
            for flip, tail in zip(flips, tails, strict=True)
        ]

    def key(self) -> bytes:
        """A link that may or may not be there."""
        kinds = (self.sources, self.targets, self.relations, self.neurons)
        return b"".join(self.random.choice(kind) for kind in kinds)

    def changes(self, count: int) -> dict[bytes, int]:
        """A block: link key → change, some of it to nothing, some of it none."""
        changes = {}
        for _ in range(count):
            key = self.key()
            amount = self.rows.get(key[:32], {}).get(key[32:], (0, 0))[0]
            drawn = self.random.randrange(-amount, 40)
            changes[key] = -amount if amount and self.random.random() < 0.4 else drawn
        for source, row in self.rows.items():
            if self.random.random() < 0.2:
                changes |= {source + key: -row[key][0] for key in row}
        return changes

    def apply(self, changes: dict[bytes, int], height: int) -> None:
        for key, change in changes.items():
            if change:
                row = self.rows.setdefault(key[:32], {})
                amount = row.pop(key[32:], (0, 0))[0] + change
                if amount:
                    row[key[32:]] = amount, height

    def copy(self) -> dict[bytes, Row]:
        return {source: dict(row) for source, row in self.rows.items()}
