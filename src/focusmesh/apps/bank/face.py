"""The bank as all faces offer it."""

from __future__ import annotations

from focusmesh.apps import NOWHERE, Application, Places, Query
from focusmesh.apps.bank.operations.staking import Stake, Unstake
from focusmesh.apps.bank.operations.supply import Burn, Mint
from focusmesh.apps.bank.operations.transfers import Transfer
from focusmesh.apps.bank.queries import (
    DepositRow,
    DepositsQuestion,
    FeesQuestion,
    FeesRow,
    deposit_rows,
    fees_row,
)

BANK_OPERATIONS = (Burn, Mint, Stake, Transfer, Unstake)

APPLICATION = Application(
    name="bank",
    words="Tokens move, are staked and taken out again, come into being and end.",
    operations=BANK_OPERATIONS,
    queries=(
        Query(
            name="fees",
            words="What room in blocks costs now, what of it is free, and what a signal of so many units would cost.",
            asks=FeesQuestion,
            answers=FeesRow,
            answer=fees_row,
            places=Places(cli=NOWHERE, http="/v1/fees", graphql="fees", grpc=NOWHERE),
        ),
        Query(
            name="deposits",
            words="What a neuron has locked by the byte, for contents, properties and particles, leaf by leaf.",
            asks=DepositsQuestion,
            answers=DepositRow,
            answer=deposit_rows,
            is_list=True,
            places=Places(cli=NOWHERE, http="/v1/deposits", graphql="deposits", grpc=NOWHERE),
        ),
    ),
    parameters=("fees", "minters"),
)
