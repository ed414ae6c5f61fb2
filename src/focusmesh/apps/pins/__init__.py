"""The pin market: who wants a block's data kept offers tokens for it, who keeps it is paid for showing that it does.

May import: focusmesh.{kernel,protocol,ids,errors}. Start reading at pin.py, then offering.py, proving.py and
closing.py.
"""

from __future__ import annotations

from focusmesh.apps.pins.closing import ClosePin
from focusmesh.apps.pins.offering import OfferPin, TakePin
from focusmesh.apps.pins.pin import Pin, pin_id, read_pin
from focusmesh.apps.pins.possession import ShownShare, challenged, show, show_all
from focusmesh.apps.pins.proving import ProvePin

__all__ = [
    "PIN_OPERATIONS",
    "ClosePin",
    "OfferPin",
    "Pin",
    "ProvePin",
    "ShownShare",
    "TakePin",
    "challenged",
    "pin_id",
    "read_pin",
    "show",
    "show_all",
]

PIN_OPERATIONS = (ClosePin, OfferPin, ProvePin, TakePin)
