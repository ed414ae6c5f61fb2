"""The admission of signals: what may wait in a node and for how long, and the node's promise of a block for it.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.kernel.admission.account_check import check_standing as check_standing
    from focusmesh.kernel.admission.admission import Candidate as Candidate
    from focusmesh.kernel.admission.admission import admit as admit
    from focusmesh.kernel.admission.admission import examine as examine
    from focusmesh.kernel.admission.form import packet_limits as packet_limits
    from focusmesh.kernel.admission.form import read_packet as read_packet
    from focusmesh.kernel.admission.horizon import horizon_blocks as horizon_blocks
    from focusmesh.kernel.admission.horizon import pace_ms as pace_ms
    from focusmesh.kernel.admission.limits import LIMITS as LIMITS
    from focusmesh.kernel.admission.limits import PEER_LIMITS as PEER_LIMITS
    from focusmesh.kernel.admission.limits import AdmissionLimits as AdmissionLimits
    from focusmesh.kernel.admission.promise import BROKEN as BROKEN
    from focusmesh.kernel.admission.promise import KEPT as KEPT
    from focusmesh.kernel.admission.promise import OPEN as OPEN
    from focusmesh.kernel.admission.promise import PROMISE_BLOCKS as PROMISE_BLOCKS
    from focusmesh.kernel.admission.promise import PROMISE_DOMAIN as PROMISE_DOMAIN
    from focusmesh.kernel.admission.promise import Promise as Promise
    from focusmesh.kernel.admission.promise import verify_promise as verify_promise
    from focusmesh.kernel.admission.room import Request as Request
    from focusmesh.kernel.admission.room import Waiting as Waiting
    from focusmesh.kernel.admission.room import check_room as check_room
else:
    __getattr__, __dir__ = lazily(__name__)
