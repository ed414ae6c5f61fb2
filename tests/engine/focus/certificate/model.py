"""The executable model of a certificate: focus.md §5 in Python integers, as plainly as it can be said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

ONE, SCALE = 2**63, 2**32
LIMIT = 46116860184

Link: TypeAlias = tuple[int, int, int]


def uniform(count: int) -> list[int]:
    """⌊ONE/n⌋ with the remainder's units on the lowest indices."""
    value, more = divmod(ONE, count)
    return [value + (i < more) for i in range(count)]


@dataclass(frozen=True)
class Model:
    """R on ``links`` between particles 0 … count − 1, which stand in the order of their digests."""

    count: int
    links: list[Link]
    alpha: int
    diffusion: int
    series: list[int]
    u: list[int]

    def refusal(self, x: list[int]) -> str | None:
        """Why ``x`` or what it comes with is refused before R is evaluated; None where it is not."""
        if any(s == t or not 1 <= w < SCALE for s, t, w in self.links):
            return "weights"
        if len({(s, t) for s, t, _ in self.links}) < len(self.links):
            return "weights"
        if not (0 < self.alpha < SCALE and 0 < self.diffusion <= SCALE):
            return "parameters"
        if self.diffusion + sum(self.series) != SCALE or min(self.series) < 0:
            return "parameters"
        if min(self.u) < 1 or sum(self.u) != ONE:
            return "teleport"
        if any(value > ONE for value in x):
            return "range"
        if any(
            v < self.alpha * self.diffusion * u // 2**64 for v, u in zip(x, self.u, strict=True)
        ):
            return "floor"
        return None if sum(x) == ONE else "sum"

    def stages(self, x: list[int]) -> dict[str, list[int]]:
        """P(x), D(x), Q(x) … Qᴷ(x), R(x) by name."""
        out, either = [0] * self.count, [0] * self.count
        both = []
        for source, target, weight in self.links:
            out[source] += weight
            either[source] += weight
            either[target] += weight
            both += [(source, target, weight), (target, source, weight)]
        stages = {"P": self._sent(x, self.links, out)}
        stages["D"] = self.fill([p * (SCALE - self.alpha) // SCALE for p in stages["P"]], sum(x))
        lanes = [x]
        for k in range(1, len(self.series)):
            moved = self._sent(lanes[-1], both, either)
            kept = [lanes[-1][i] if not either[i] else moved[i] for i in range(self.count)]
            lanes.append(self.fill(kept, sum(x)))
            stages[f"Q{k}"] = lanes[-1]
        mixed = [d * self.diffusion // SCALE for d in stages["D"]]
        for lane, coefficient in zip(lanes, self.series, strict=True):
            mixed = [m + z * coefficient // SCALE for m, z in zip(mixed, lane, strict=True)]
        return stages | {"R": self.fill(mixed, ONE)}

    def image(self, x: list[int]) -> list[int]:
        """R(x)."""
        return self.stages(x)["R"]

    def rise(self, x: list[int]) -> int:
        """h = Σ max(0, R(x) − x)."""
        return sum(max(0, r - v) for r, v in zip(self.image(x), x, strict=True))

    def accepts(self, x: list[int]) -> bool:
        """Whether ``x`` is valid."""
        return self.refusal(x) is None and self.rise(x) <= LIMIT

    def fill(self, y: list[int], target: int) -> list[int]:
        """Spreads what ``y`` lacks of ``target`` over u."""
        missing = target - sum(y)
        filled = [v + missing * u // ONE for v, u in zip(y, self.u, strict=True)]
        for i in range(target - sum(filled)):
            filled[i] += 1
        return filled

    def _sent(self, x: list[int], links: list[Link], totals: list[int]) -> list[int]:
        arrived = [0] * self.count
        for source, target, weight in links:
            scaled, k = norm(totals[source])
            share = x[source] * 2**31 // scaled
            arrived[target] += share * weight // 2 ** (31 - k)
        return arrived


def norm(total: int) -> tuple[int, int]:
    """t̄ and k of a weight total."""
    k = 32 - total.bit_length()
    scaled = total << k if k >= 0 else -(-total >> -k)
    return (scaled // 2, k - 1) if scaled == SCALE else (scaled, k)
