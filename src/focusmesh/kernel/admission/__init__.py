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
    from focusmesh.kernel.admission.crowd import Crowd as Crowd
    from focusmesh.kernel.admission.crowd import check_crowd as check_crowd
    from focusmesh.kernel.admission.crowd import used_share as used_share
    from focusmesh.kernel.admission.cut_order import first_of_cut as first_of_cut
    from focusmesh.kernel.admission.fair_order import RoomClaim as RoomClaim
    from focusmesh.kernel.admission.fair_order import claim_order as claim_order
    from focusmesh.kernel.admission.fair_order import first_with_room as first_with_room
    from focusmesh.kernel.admission.focus_shares import SHARE_ONE as SHARE_ONE
    from focusmesh.kernel.admission.form import packet_limits as packet_limits
    from focusmesh.kernel.admission.form import read_packet as read_packet
    from focusmesh.kernel.admission.horizon import horizon_blocks as horizon_blocks
    from focusmesh.kernel.admission.horizon import pace_ms as pace_ms
    from focusmesh.kernel.admission.kinds import NEWCOMER as NEWCOMER
    from focusmesh.kernel.admission.kinds import ORDINARY as ORDINARY
    from focusmesh.kernel.admission.kinds import SERVICE as SERVICE
    from focusmesh.kernel.admission.kinds import kind_of as kind_of
    from focusmesh.kernel.admission.limits import LIMITS as LIMITS
    from focusmesh.kernel.admission.limits import PEER_LIMITS as PEER_LIMITS
    from focusmesh.kernel.admission.limits import AdmissionLimits as AdmissionLimits
    from focusmesh.kernel.admission.link_sums import LinkWeights as LinkWeights
    from focusmesh.kernel.admission.link_sums import link_weights as link_weights
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
    from focusmesh.kernel.admission.weight import agreed_weight as agreed_weight
    from focusmesh.kernel.admission.weight import known_weight as known_weight
    from focusmesh.kernel.admission.weight import order_rules as order_rules
else:
    __getattr__, __dir__ = lazily(__name__)
