"""The pin market as all faces offer it."""

from __future__ import annotations

from focusmesh.apps import NOWHERE, Application, Places, Query
from focusmesh.apps.pins.operations.closure import ClosePin
from focusmesh.apps.pins.operations.offers import OfferPin, TakePin
from focusmesh.apps.pins.operations.proofs import ProvePin
from focusmesh.apps.pins.queries import PinRow, PinsQuestion, pins

PIN_OPERATIONS = (ClosePin, OfferPin, ProvePin, TakePin)

APPLICATION = Application(
    name="pins",
    words="Tokens for keeping the data of blocks: offers, keepers, proofs of possession.",
    operations=PIN_OPERATIONS,
    queries=(
        Query(
            name="pins",
            words="Pins: who offers how much for a block's data to be kept, who keeps it, how far that has come.",
            asks=PinsQuestion,
            answers=PinRow,
            answer=pins,
            is_list=True,
            places=Places(cli=NOWHERE, http="/v1/pins", graphql=NOWHERE, grpc=NOWHERE, mcp=NOWHERE),
        ),
    ),
)
