"""The core that mutation tests cover: modules by area, and the tests that are to notice a change in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Area(NamedTuple):
    """``modules``: patterns below ``src/focusmesh``; ``tests``: paths below ``tests`` that pytest is given."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]

    def files(self, root: Path) -> Iterator[Path]:
        """The modules of this area in a checkout at ``root``, sorted within each pattern."""
        for pattern in self.modules:
            found = sorted((root / "src" / "focusmesh").glob(pattern))
            assert found, f"no module matches {pattern}"
            yield from found


AREAS = {
    "operator": Area(
        ("engine/focus/operator/operator.py", "engine/focus/operator/params.py"),
        (
            "engine/focus/operator/test_operator.py",
            "engine/focus/operator/test_params.py",
            "engine/focus/solve/test_reference_values.py",
            "engine/focus/solve/test_properties.py",
            "engine/focus/solve/test_solver.py",
            "engine/focus/solve/test_pagerank.py",
        ),
    ),
    "certificate": Area(
        (
            "engine/focus/certificate/certificate.py",
            "engine/focus/certificate/operator.py",
            "engine/focus/certificate/steps.py",
        ),
        (
            "engine/focus/certificate/test_certificate.py",
            "engine/focus/certificate/test_operator.py",
            "engine/focus/certificate/test_rounding.py",
            "engine/focus/certificate/test_vectors.py",
        ),
    ),
    "tree": Area(
        (
            "kernel/state/tree/tree.py",
            "kernel/state/tree/batch.py",
            "kernel/state/tree/paths.py",
            "kernel/state/tree/update.py",
            "kernel/state/tree/proofs.py",
            "kernel/state/ics23/verifier.py",
            "kernel/state/ics23/steps.py",
        ),
        (
            "kernel/state/tree/test_tree.py",
            "kernel/state/tree/test_proofs.py",
            "conformance/test_ics23.py",
        ),
    ),
    "codec": Area(
        (
            "protocol/codec/canonical.py",
            "protocol/codec/reader.py",
            "protocol/codec/writer.py",
            "protocol/codec/cid.py",
        ),
        ("protocol/codec", "conformance/test_dag_cbor.py"),
    ),
    "consensus": Area(
        (
            "kernel/consensus/quorum.py",
            "kernel/consensus/simplex/simplex.py",
            "kernel/consensus/simplex/signer.py",
        ),
        (
            "kernel/consensus/test_quorum.py",
            "kernel/consensus/simplex",
        ),
    ),
    "receipts": Area(
        (
            "kernel/receipts/anchors.py",
            "kernel/receipts/link.py",
            "kernel/receipts/paths.py",
            "kernel/receipts/rank.py",
            "kernel/receipts/verification.py",
            "kernel/receipts/receipt.py",
        ),
        ("kernel/receipts",),
    ),
    "bank": Area(("apps/bank/**/*.py",), ("apps/bank",)),
}
