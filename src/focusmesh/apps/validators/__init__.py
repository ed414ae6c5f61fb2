"""Validators: who bonds stake votes on blocks, and loses it for voting twice.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.apps.validators.face import APPLICATION as APPLICATION
from focusmesh.apps.validators.face import PENALTY_OPERATIONS as PENALTY_OPERATIONS
from focusmesh.apps.validators.face import VALIDATOR_OPERATIONS as VALIDATOR_OPERATIONS
from focusmesh.apps.validators.operations.accusation import EVIDENCE_BYTES_MAX as EVIDENCE_BYTES_MAX
from focusmesh.apps.validators.operations.accusation import PROOF_BYTES_MAX as PROOF_BYTES_MAX
from focusmesh.apps.validators.operations.accusation import Accuse as Accuse
from focusmesh.apps.validators.operations.accusation import AccuseAny as AccuseAny
from focusmesh.apps.validators.operations.bonding import BondStake as BondStake
from focusmesh.apps.validators.operations.bonding import UnbondStake as UnbondStake
from focusmesh.apps.validators.operations.bonding import WithdrawStake as WithdrawStake
from focusmesh.apps.validators.operations.jail import Alive as Alive
from focusmesh.apps.validators.operations.jail import Unjail as Unjail
from focusmesh.apps.validators.queries import ValidatorRecord as ValidatorRecord
from focusmesh.apps.validators.queries import validators as validators
