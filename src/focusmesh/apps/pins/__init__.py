"""The pin market: who wants a block's data kept offers tokens for it, who keeps it is paid for showing that it does.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.apps.pins.face import APPLICATION as APPLICATION
from focusmesh.apps.pins.face import PIN_OPERATIONS as PIN_OPERATIONS
from focusmesh.apps.pins.operations.closure import ClosePin as ClosePin
from focusmesh.apps.pins.operations.offers import OfferPin as OfferPin
from focusmesh.apps.pins.operations.offers import TakePin as TakePin
from focusmesh.apps.pins.operations.proofs import ProvePin as ProvePin
from focusmesh.apps.pins.possession import ShownShare as ShownShare
from focusmesh.apps.pins.possession import challenged_shares as challenged_shares
from focusmesh.apps.pins.possession import show as show
from focusmesh.apps.pins.possession import show_all as show_all
from focusmesh.apps.pins.queries import OpenPin as OpenPin
from focusmesh.apps.pins.queries import PinRow as PinRow
from focusmesh.apps.pins.queries import PinsQuestion as PinsQuestion
from focusmesh.apps.pins.queries import pins as pins
from focusmesh.apps.pins.queries import pins_in as pins_in
from focusmesh.apps.pins.records import Pin as Pin
from focusmesh.apps.pins.records import pin_id as pin_id
from focusmesh.apps.pins.records import read_pin as read_pin
