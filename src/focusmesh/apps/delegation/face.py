"""Delegation as all faces offer it."""

from __future__ import annotations

from focusmesh.apps import Application
from focusmesh.apps.delegation.operations.commission import SetCommission
from focusmesh.apps.delegation.operations.moves import (
    ClaimStake,
    DelegateStake,
    RedelegateStake,
    UndelegateStake,
)

DELEGATION_OPERATIONS = (
    ClaimStake,
    DelegateStake,
    RedelegateStake,
    SetCommission,
    UndelegateStake,
)

APPLICATION = Application(
    name="delegation",
    words="Neurons give their stake to validators, who vote with it and share what they earn.",
    operations=DELEGATION_OPERATIONS,
    parameters=("staking",),
)
