"""Data availability: blocks whose body nobody can hide, as squares of shares that a few samples vouch for.

May import: focusmesh.kernel.state, focusmesh.protocol, focusmesh.engine, the leaves; each module only when one of its
names is first asked for. Start reading at square.py, then shares.py, sampling.py and repairing.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily as _lazily

if TYPE_CHECKING:
    from focusmesh.kernel.availability.bad_encoding import BadEncoding
    from focusmesh.kernel.availability.erasure import extend, recover
    from focusmesh.kernel.availability.gathering import Gathering
    from focusmesh.kernel.availability.namespace_proof import (
        NamespaceProof,
        prove_leaves,
        prove_namespace,
        verify_leaves,
        verify_namespace,
    )
    from focusmesh.kernel.availability.namespaced import NamespacedTree
    from focusmesh.kernel.availability.repairing import BadLine, Repaired, repair
    from focusmesh.kernel.availability.sampling import (
        SAMPLES,
        Sampled,
        Sampler,
        miss_probability,
        places_of,
        sample,
    )
    from focusmesh.kernel.availability.shares import (
        FOCUS,
        NAMESPACES,
        PARTS_BYTES_MAX,
        SIGNALS,
        parts_of,
        shares_of,
    )
    from focusmesh.kernel.availability.square import (
        NAMESPACE_BYTES,
        SHARE_BYTES,
        WIDTH_MAX,
        ProvedShare,
        Roots,
        Square,
        namespace_of,
        share_id,
    )

_HOMES = {
    "focusmesh.kernel.availability.bad_encoding": ("BadEncoding",),
    "focusmesh.kernel.availability.erasure": (
        "extend",
        "recover",
    ),
    "focusmesh.kernel.availability.gathering": ("Gathering",),
    "focusmesh.kernel.availability.namespace_proof": (
        "NamespaceProof",
        "prove_leaves",
        "prove_namespace",
        "verify_leaves",
        "verify_namespace",
    ),
    "focusmesh.kernel.availability.namespaced": ("NamespacedTree",),
    "focusmesh.kernel.availability.repairing": (
        "BadLine",
        "Repaired",
        "repair",
    ),
    "focusmesh.kernel.availability.sampling": (
        "SAMPLES",
        "Sampled",
        "Sampler",
        "miss_probability",
        "places_of",
        "sample",
    ),
    "focusmesh.kernel.availability.shares": (
        "FOCUS",
        "NAMESPACES",
        "PARTS_BYTES_MAX",
        "SIGNALS",
        "parts_of",
        "shares_of",
    ),
    "focusmesh.kernel.availability.square": (
        "NAMESPACE_BYTES",
        "SHARE_BYTES",
        "WIDTH_MAX",
        "ProvedShare",
        "Roots",
        "Square",
        "namespace_of",
        "share_id",
    ),
}

__all__ = [
    "FOCUS",
    "NAMESPACES",
    "NAMESPACE_BYTES",
    "PARTS_BYTES_MAX",
    "SAMPLES",
    "SHARE_BYTES",
    "SIGNALS",
    "WIDTH_MAX",
    "BadEncoding",
    "BadLine",
    "Gathering",
    "NamespaceProof",
    "NamespacedTree",
    "ProvedShare",
    "Repaired",
    "Roots",
    "Sampled",
    "Sampler",
    "Square",
    "extend",
    "miss_probability",
    "namespace_of",
    "parts_of",
    "places_of",
    "prove_leaves",
    "prove_namespace",
    "recover",
    "repair",
    "sample",
    "share_id",
    "shares_of",
    "verify_leaves",
    "verify_namespace",
]


if not TYPE_CHECKING:
    __getattr__, __dir__ = _lazily(__name__, _HOMES)
