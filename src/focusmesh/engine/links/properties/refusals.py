"""What importers met that no property can be, counted by key and reason."""

from __future__ import annotations

from collections import Counter

REASONS_MAX = 100
"""So many keys and reasons are told apart."""


class Refusals:
    """Counts of values that were left out."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, key: str, reason: str, count: int = 1) -> None:
        """``count`` values of a key were left out."""
        what = key[:40], reason
        is_new = what not in self._counts and len(self._counts) >= REASONS_MAX
        self._counts[("…", "for other reasons") if is_new else what] += count

    def warnings(self) -> list[str]:
        """A sentence for each key and reason."""
        return [
            f"{count:,} value{'s' if count > 1 else ''} of the attribute {key!r} left out: {reason}"
            for (key, reason), count in sorted(self._counts.items())
        ]
