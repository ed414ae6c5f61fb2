"""What a state should be, worked out as plainly as the reference says it: its root, its supply, its focus."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from focusmesh.kernel.state import ACCOUNT_PREFIX, Account

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from focusmesh.kernel.state import Parameters, StateView

    Floats = npt.NDArray[np.float64]

_UNIT = 2.0**32
_STEPS = 400


def plain_root(leaves: Mapping[bytes, bytes]) -> bytes:
    """The root of the sparse Merkle tree over a dictionary, by its definition alone. O(n log n)."""
    hashed = sorted((_sha256(key), _sha256(value)) for key, value in leaves.items())
    return _subtree([(key, _sha256(b"\0" + key + value)) for key, value in hashed], 0)


def _subtree(leaves: Sequence[tuple[bytes, bytes]], depth: int) -> bytes:
    if len(leaves) < 2:
        return leaves[0][1] if leaves else bytes(32)
    byte, bit = divmod(depth, 8)
    split = sum(not leaf[0][byte] >> (7 - bit) & 1 for leaf in leaves)
    left, right = _subtree(leaves[:split], depth + 1), _subtree(leaves[split:], depth + 1)
    return _sha256(b"\1" + left + right)


def plain_supply(leaves: Mapping[bytes, bytes]) -> int:
    """Σ (balance + stake) over all accounts."""
    return sum(account.balance + account.stake for account in _accounts(leaves))


def plain_burned(leaves: Mapping[bytes, bytes]) -> int:
    """Σ burned over all accounts: what links and room in blocks cost, and what was burned on purpose."""
    return sum(account.burned for account in _accounts(leaves))


def _accounts(leaves: Mapping[bytes, bytes]) -> Iterator[Account]:
    return (
        Account.decode(value) for key, value in leaves.items() if key.startswith(ACCOUNT_PREFIX)
    )


def cold_focus(view: StateView, parameters: Parameters) -> Floats:
    """The fixed point of R in the order of digests, by a dense matrix and nothing but its definition. O(n³)."""
    names, axons = view.names()[0], view.axons()
    count = len(names)
    order = np.argsort(np.array([bytes(name) for name in names], dtype="S32"), kind="stable")
    place = np.empty(count, dtype=np.int64)
    place[order] = np.arange(count)
    weight = np.zeros((count, count))
    np.add.at(weight, (place[axons.target], place[axons.source]), axons.weight)
    both, teleport = weight + weight.T, np.full(count, 1 / count)
    walk = (1 - parameters.alpha / _UNIT) * _stochastic(weight)
    walk += np.outer(teleport, 1 - walk.sum(axis=0))
    spread = _stochastic(both) + np.diag((both.sum(axis=0) == 0).astype(float))
    whole, power = parameters.diffusion / _UNIT * walk, np.eye(count)
    for coefficient in parameters.series:
        whole += coefficient / _UNIT * power
        power = spread @ power
    vector = teleport
    for _ in range(_STEPS):
        vector = whole @ vector
    return np.asarray(vector / vector.sum())


def _stochastic(weight: Floats) -> Floats:
    totals = weight.sum(axis=0)
    return np.asarray(weight / np.where(totals > 0, totals, 1))


def _sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
