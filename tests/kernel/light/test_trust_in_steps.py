"""Nobody is relied on for longer than its stake is bound, in however many steps both get shorter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from focusmesh.errors import ParameterError
from focusmesh.kernel.state import changed_parameters
from tests.kernel.light.chains import DAY
from tests.kernel.light.changing import changing_parameters

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.kernel.state import Parameters, ParameterValue


def left(**values: Sequence[int]) -> Callable[[str], Sequence[ParameterValue]]:
    """Values that were left within the window, of parameters of the agreement."""
    return lambda name: values.get(name.removeprefix("agreement."), ())


def in_steps(remembers: bool) -> Parameters:
    """First stake is bound for less, then trusted for less, then bound for less than it was trusted for lately."""
    unbonding, trusting = "agreement.unbonding_ms", "agreement.trusting_ms"
    params = changing_parameters(trusting_ms=14 * DAY, unbonding_ms=21 * DAY)
    params = changed_parameters(params, [(unbonding, 15 * DAY)], left())
    params = changed_parameters(params, [(trusting, 8 * DAY)], left(unbonding_ms=(21 * DAY,)))
    lately = (14 * DAY,) if remembers else ()
    recent = left(unbonding_ms=(21 * DAY,), trusting_ms=lately)
    return changed_parameters(params, [(unbonding, 12 * DAY)], recent)


def test_stake_is_bound_for_as_long_as_who_was_away_relies_on_it() -> None:
    """A client that was away for 13 days knows the rules of then: who voted may have had its stake back for one."""
    with pytest.raises(ParameterError, match="trusting_ms < unbonding_ms"):
        in_steps(remembers=True)


def test_steps_that_are_not_summed_would_free_stake_that_is_relied_on() -> None:
    agreement = in_steps(remembers=False).required_agreement
    assert agreement.unbonding_ms < 14 * DAY
