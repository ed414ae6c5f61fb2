"""Delegation: stake that votes through a validator, and has a part of what that earns.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.apps.delegation.face import APPLICATION as APPLICATION
from focusmesh.apps.delegation.face import DELEGATION_OPERATIONS as DELEGATION_OPERATIONS
from focusmesh.apps.delegation.operations.commission import SetCommission as SetCommission
from focusmesh.apps.delegation.operations.moves import ClaimStake as ClaimStake
from focusmesh.apps.delegation.operations.moves import DelegateStake as DelegateStake
from focusmesh.apps.delegation.operations.moves import RedelegateStake as RedelegateStake
from focusmesh.apps.delegation.operations.moves import UndelegateStake as UndelegateStake
from focusmesh.apps.delegation.queries import DelegationRow as DelegationRow
from focusmesh.apps.delegation.queries import DelegationsQuestion as DelegationsQuestion
from focusmesh.apps.delegation.queries import delegations as delegations
