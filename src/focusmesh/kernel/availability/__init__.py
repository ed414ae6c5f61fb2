"""Data availability: blocks whose body nobody can hide, as squares of shares that a few samples vouch for.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.kernel.availability.bad_encoding import BadEncoding as BadEncoding
    from focusmesh.kernel.availability.erasure import extend as extend
    from focusmesh.kernel.availability.erasure import recover as recover
    from focusmesh.kernel.availability.namespace_proof import NamespaceProof as NamespaceProof
    from focusmesh.kernel.availability.namespace_proof import prove_leaves as prove_leaves
    from focusmesh.kernel.availability.namespace_proof import prove_namespace as prove_namespace
    from focusmesh.kernel.availability.namespace_proof import verify_leaves as verify_leaves
    from focusmesh.kernel.availability.namespace_proof import verify_namespace as verify_namespace
    from focusmesh.kernel.availability.namespace_tree import NamespacedTree as NamespacedTree
    from focusmesh.kernel.availability.sampling import SAMPLES as SAMPLES
    from focusmesh.kernel.availability.sampling import Sampled as Sampled
    from focusmesh.kernel.availability.sampling import Sampler as Sampler
    from focusmesh.kernel.availability.sampling import miss_probability as miss_probability
    from focusmesh.kernel.availability.sampling import places_of as places_of
    from focusmesh.kernel.availability.sampling import sample as sample
    from focusmesh.kernel.availability.share_collector import Gathering as Gathering
    from focusmesh.kernel.availability.shares import FOCUS as FOCUS
    from focusmesh.kernel.availability.shares import NAMESPACES as NAMESPACES
    from focusmesh.kernel.availability.shares import PARTS_BYTES_MAX as PARTS_BYTES_MAX
    from focusmesh.kernel.availability.shares import SIGNALS as SIGNALS
    from focusmesh.kernel.availability.shares import parts_of as parts_of
    from focusmesh.kernel.availability.shares import shares_of as shares_of
    from focusmesh.kernel.availability.square import NAMESPACE_BYTES as NAMESPACE_BYTES
    from focusmesh.kernel.availability.square import SHARE_BYTES as SHARE_BYTES
    from focusmesh.kernel.availability.square import WIDTH_MAX as WIDTH_MAX
    from focusmesh.kernel.availability.square import ProvedShare as ProvedShare
    from focusmesh.kernel.availability.square import Roots as Roots
    from focusmesh.kernel.availability.square import Square as Square
    from focusmesh.kernel.availability.square import namespace_of as namespace_of
    from focusmesh.kernel.availability.square import share_id as share_id
    from focusmesh.kernel.availability.square_repair import BadLine as BadLine
    from focusmesh.kernel.availability.square_repair import Repaired as Repaired
    from focusmesh.kernel.availability.square_repair import repair as repair
else:
    __getattr__, __dir__ = lazily(__name__)
