"""A trace shows any wrong entry by the row of one particle."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from focusmesh import Certificate, FocusParams, Graph, certify
from focusmesh.engine.focus import IntegerAxons, Trace, verify_row
from focusmesh.errors import CertificateError, UnknownParticleError

NAMES = [f"n{i}" for i in range(25)]


def graph() -> Graph:
    """Links from 20 of 25 names to 22 of them; the last three have none."""
    draws = np.random.default_rng(8)
    rows = [
        (NAMES[draws.integers(20)], NAMES[draws.integers(22)], int(draws.integers(1, 50)))
        for _ in range(80)
    ]
    return Graph.from_edges(*zip(*rows, strict=True), particles=NAMES)


SETTINGS: list[dict[str, Any]] = [
    {},
    {"params": FocusParams.pagerank()},
    {"params": FocusParams(terms=0)},
    {"weight_unit": 0.3, "u": np.arange(1, 26)},
]


@pytest.mark.parametrize("options", SETTINGS)
def test_every_row_of_an_honest_trace_holds(options: dict[str, Any]) -> None:
    certificate = certify(graph(), **options)
    axons = IntegerAxons.of(graph(), options.get("weight_unit"))
    trace = Trace.of(axons, certificate)
    trace.verify_totals(certificate)
    for name in NAMES:
        found = verify_row(axons, certificate, trace, name)
        assert list(found) == list(trace.stages)
    assert found == verify_row(graph(), certificate, trace, NAMES[-1])


def test_every_wrong_entry_is_shown_by_its_row() -> None:
    certificate = certify(graph())
    axons = IntegerAxons.of(graph())
    trace = Trace.of(axons, certificate)
    for stage in trace.stages.values():
        for name in NAMES:
            at = int(axons.rank[axons.structure.position[graph().index(name)]])
            for change in (np.uint64(1), np.uint64(2**62)):
                values = stage.values.copy()
                values[at] ^= change
                wrong = Trace(trace.stages | {stage.name: replace(stage, values=values)})
                with pytest.raises(CertificateError, match=f"stage {stage.name} of '{name}'"):
                    verify_row(axons, certificate, wrong, name)


@pytest.mark.parametrize("field", ["missing", "leftover"])
def test_a_wrong_fill_is_shown_by_a_row(field: str) -> None:
    certificate = certify(graph())
    trace = Trace.of(graph(), certificate)
    honest = trace.stages["Q3"]
    changed: dict[str, Any] = {
        "missing": {"missing": honest.missing + 2**40},
        "leftover": {"leftover": (honest.leftover + 5) % len(NAMES)},
    }[field]
    wrong = Trace(trace.stages | {"Q3": replace(honest, **changed)})
    assert "row" in {reason(certificate, wrong, name) for name in NAMES}


def reason(certificate: Certificate, trace: Trace, name: str) -> str | None:
    """Why the row of a particle does not hold, None where it does."""
    try:
        verify_row(graph(), certificate, trace, name)
    except CertificateError as error:
        return error.reason
    return None


@pytest.mark.parametrize("stage", ["D", "Q1", "Q8", "R"])
def test_totals_that_do_not_add_up(stage: str) -> None:
    certificate = certify(graph())
    trace = Trace.of(graph(), certificate)
    honest = trace.stages[stage]
    for wrong in (
        replace(honest, values=honest.values + np.uint64(1)),
        replace(honest, values=honest.values[1:]),
        replace(honest, missing=-1),
        replace(honest, missing=2**63 + 1),
        replace(honest, leftover=25),
    ):
        with pytest.raises(CertificateError, match=f"stage {stage}"):
            Trace(trace.stages | {stage: wrong}).verify_totals(certificate)


def test_a_trace_with_other_stages() -> None:
    certificate = certify(graph(), params=FocusParams.pagerank())
    with pytest.raises(CertificateError, match="has the stages P, D, Q1"):
        Trace.of(graph(), certify(graph())).verify_totals(certificate)


def test_an_unknown_particle() -> None:
    certificate = certify(graph())
    with pytest.raises(UnknownParticleError):
        verify_row(graph(), certificate, Trace.of(graph(), certificate), "nobody")
