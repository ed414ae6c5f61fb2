"""Delegation as all faces offer it."""

from __future__ import annotations

from focusmesh.apps import Application, Command, Places, Query
from focusmesh.apps.delegation.operations.commission import SetCommission
from focusmesh.apps.delegation.operations.moves import (
    ClaimStake,
    DelegateStake,
    RedelegateStake,
    UndelegateStake,
)
from focusmesh.apps.delegation.queries import DelegationRow, DelegationsQuestion, delegations

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
    commands=(
        Command(
            "delegate",
            "Delegate stake of the key to a validator, to vote with and to share what it earns.",
            DelegateStake,
            Places(cli="tx delegate"),
        ),
        Command(
            "undelegate",
            "Take stake back from a validator; it can be claimed some weeks after the epoch.",
            UndelegateStake,
            Places(cli="tx undelegate"),
        ),
        Command(
            "redelegate",
            "Move stake from one validator to another at once.",
            RedelegateStake,
            Places(cli="tx redelegate"),
        ),
        Command(
            "claim",
            "Have what a delegation earned, and what was undelegated long enough ago.",
            ClaimStake,
            Places(cli="tx claim"),
        ),
        Command(
            "set_commission",
            "Set what the validator keeps of rewards before its delegators have theirs.",
            SetCommission,
            Places(cli="tx set-commission"),
        ),
    ),
    queries=(
        Query(
            name="delegations",
            words="Delegations of a neuron, or to a validator: what votes, what it earned, what is on its way back.",
            asks=DelegationsQuestion,
            answers=DelegationRow,
            answer=delegations,
            is_list=True,
            places=Places(
                cli="query delegations",
                http="/v1/delegations",
                graphql="delegations",
                mcp="delegations",
            ),
        ),
    ),
    parameters=("staking",),
)
