"""The integer operator at one link and one entry (docs/reference/certificate-format.md), in integers of any size."""

from __future__ import annotations

from focusmesh.engine.focus import ONE

_WORD = 32
_SHARE = 31


def mass_sent(mass: int, total: int, weight: int) -> int:
    """What a source of this mass and total of weights sends over a link; nothing where the total is 0."""
    if not total:
        return 0
    scaled, left = norm(total)
    return ((mass << _SHARE) // scaled * weight) >> (_SHARE - left)


def norm(total: int) -> tuple[int, int]:
    """t̄ and k: t·2ᵏ with 2³¹ ≤ t̄ < 2³², rounded up where k < 0."""
    left = _WORD - total.bit_length()
    scaled = total << left if left >= 0 else -(-total >> -left)
    return (scaled, left) if scaled < 1 << _WORD else (scaled >> 1, left - 1)


def teleport(rank: int, count: int) -> int:
    """u of a rank: ⌊2⁶³/n⌋, one more at the lowest ranks."""
    level, lowest = divmod(ONE, count)
    return level + (rank < lowest)


def filled_at(missing: int, leftover: int, rank: int, count: int) -> int:
    """What ``fill`` adds at a rank."""
    return missing * teleport(rank, count) // ONE + (rank < leftover)


def leftover_of(missing: int, count: int) -> int:
    """What is left of a missing mass after ⌊missing·u/2⁶³⌋ each."""
    level, lowest = divmod(ONE, count)
    spread = lowest * (missing * (level + 1) // ONE) + (count - lowest) * (missing * level // ONE)
    return missing - spread


def floor_of(alpha: int, diffusion: int, rank: int, count: int) -> int:
    """⌊α̂·λ̂_d·u/2⁶⁴⌋, which no entry of a valid vector falls below."""
    return alpha * diffusion * teleport(rank, count) >> 2 * _WORD
