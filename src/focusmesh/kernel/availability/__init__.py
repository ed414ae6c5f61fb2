"""Data availability: blocks whose body nobody can hide, as squares of shares that a few samples vouch for.

May import: focusmesh.kernel.state, focusmesh.protocol, focusmesh.engine, the leaves; each module only when one of its
names is first asked for. Start reading at square.py, then shares.py, sampling.py and repairing.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.kernel.availability.erasure import extend, recover
    from focusmesh.kernel.availability.namespace_proof import (
        NamespaceProof,
        prove_leaves,
        prove_namespace,
        verify_leaves,
        verify_namespace,
    )
    from focusmesh.kernel.availability.namespaced import NamespacedTree
    from focusmesh.kernel.availability.square import (
        NAMESPACE_BYTES,
        SHARE_BYTES,
        WIDTH_MAX,
        ProvedShare,
        Roots,
        Square,
        share_id,
    )

_HOMES = {
    "focusmesh.kernel.availability.erasure": ("extend", "recover"),
    "focusmesh.kernel.availability.namespace_proof": (
        "NamespaceProof",
        "prove_leaves",
        "prove_namespace",
        "verify_leaves",
        "verify_namespace",
    ),
    "focusmesh.kernel.availability.namespaced": ("NamespacedTree",),
    "focusmesh.kernel.availability.square": (
        "NAMESPACE_BYTES",
        "ProvedShare",
        "Roots",
        "SHARE_BYTES",
        "Square",
        "WIDTH_MAX",
        "share_id",
    ),
}

__all__ = [
    "NAMESPACE_BYTES",
    "SHARE_BYTES",
    "WIDTH_MAX",
    "NamespaceProof",
    "NamespacedTree",
    "ProvedShare",
    "Roots",
    "Square",
    "extend",
    "prove_leaves",
    "prove_namespace",
    "recover",
    "share_id",
    "verify_leaves",
    "verify_namespace",
]


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
