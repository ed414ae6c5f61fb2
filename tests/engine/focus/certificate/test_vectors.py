"""The integer operator against the published vectors, bit for bit, by every backend and by the model."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from focusmesh.engine.focus import FocusParams, ProtocolParams
from focusmesh.engine.focus.certificate.params import residual_limit
from focusmesh.errors import CertificateError
from tests.engine.focus.certificate.cases import BACKENDS, Case, cases, mass
from tests.engine.focus.certificate.model import LIMIT, uniform

if TYPE_CHECKING:
    from tests.conftest import Vectors

FILE = "certificate.json"


def test_the_limit_of_a_ledger() -> None:
    assert residual_limit(1e-8) == LIMIT == 46116860184


def test_the_default_parameters_are_those_of_the_vectors(vectors: Vectors) -> None:
    listed = Counter(
        (case.model.alpha, case.model.diffusion, tuple(case.model.series))
        for case in cases(vectors(FILE), "vectors")
    )
    default = ProtocolParams.of(FocusParams())
    pagerank = ProtocolParams.of(FocusParams.pagerank())
    assert listed[default.alpha, default.diffusion, default.series] >= 10
    assert listed[pagerank.alpha, pagerank.diffusion, pagerank.series] == 1


def test_the_model(vectors: Vectors) -> None:
    for case in cases(vectors(FILE), "vectors"):
        assert case.model.image(case.x) == case.image, case.name
        assert 2 * case.model.rise(case.x) == case.residual, case.name
        assert case.model.accepts(case.x) == case.valid, case.name
    for case in cases(vectors(FILE), "refused"):
        assert not case.model.accepts(case.x), case.name


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("own", [True, False])
def test_every_vector(vectors: Vectors, backend: str, own: bool) -> None:
    checked = 0
    for case in cases(vectors(FILE), "vectors"):
        if not own and case.model.u != uniform(case.model.count):
            continue
        checked += 1
        operator, x = case.operator(backend, own=own), mass(case.x)
        if case.model.refusal(case.x):
            # Its R(x) is defined but its vector is not above its floors.
            with pytest.raises(CertificateError):
                operator.apply(x)
            continue
        assert operator.image(x).tolist() == case.image, case.name
        assert 2 * operator.apply(x).rise == case.residual, case.name
        assert (operator.apply(x).rise <= LIMIT) == case.valid, case.name
        found = {stage.name: stage.values.tolist() for stage in operator.stages(x)}
        assert found == case.model.stages(case.x), case.name
    assert checked >= 12


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_refused_input(vectors: Vectors, backend: str) -> None:
    refused = cases(vectors(FILE), "refused")
    found = {case.name: reason_of(case, backend) for case in refused}
    assert found == {case.name: case.model.refusal(case.x) or "residual" for case in refused}
    assert set(found.values()) >= {"sum", "floor", "residual", "teleport", "parameters", "weights"}


def reason_of(case: Case, backend: str) -> str | None:
    """Why a backend refuses a case, None where it does not."""
    try:
        rise = case.operator(backend).apply(mass(case.x)).rise
    except CertificateError as error:
        return error.reason
    return None if rise <= LIMIT else "residual"
