"""The runtime: which operations a network has, and what a signal of them does to the state.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.kernel.runtime.admission import Admitted as Admitted
from focusmesh.kernel.runtime.admission import check_without_state as check_without_state
from focusmesh.kernel.runtime.admission import no_account as no_account
from focusmesh.kernel.runtime.blobs import Forget as Forget
from focusmesh.kernel.runtime.blobs import PutBlob as PutBlob
from focusmesh.kernel.runtime.context import Context as Context
from focusmesh.kernel.runtime.execution import DONE as DONE
from focusmesh.kernel.runtime.execution import Result as Result
from focusmesh.kernel.runtime.execution import Runtime as Runtime
from focusmesh.kernel.runtime.execution import SignalSelection as SignalSelection
from focusmesh.kernel.runtime.fees import Charge as Charge
from focusmesh.kernel.runtime.fees import free_units as free_units
from focusmesh.kernel.runtime.fees import too_cheap as too_cheap
from focusmesh.kernel.runtime.fees import units_of as units_of
from focusmesh.kernel.runtime.keys import ROTATION_DOMAIN as ROTATION_DOMAIN
from focusmesh.kernel.runtime.keys import RotateKey as RotateKey
from focusmesh.kernel.runtime.keys import rotation_digest as rotation_digest
from focusmesh.kernel.runtime.links import Link as Link
from focusmesh.kernel.runtime.links import Unlink as Unlink
from focusmesh.kernel.runtime.migrations import LEAVES_A_BLOCK as LEAVES_A_BLOCK
from focusmesh.kernel.runtime.migrations import Migration as Migration
from focusmesh.kernel.runtime.migrations import migration_root as migration_root
from focusmesh.kernel.runtime.migrations import migrations_left as migrations_left
from focusmesh.kernel.runtime.migrations import run_migration as run_migration
from focusmesh.kernel.runtime.operation import BANDWIDTH_BYTES as BANDWIDTH_BYTES
from focusmesh.kernel.runtime.operation import Amount as Amount
from focusmesh.kernel.runtime.operation import Digest as Digest
from focusmesh.kernel.runtime.operation import Operation as Operation
from focusmesh.kernel.runtime.operation_sets import KERNEL_OPERATIONS as KERNEL_OPERATIONS
from focusmesh.kernel.runtime.operation_sets import PROGRAM_OPERATIONS as PROGRAM_OPERATIONS
from focusmesh.kernel.runtime.programs import PROGRAM_FUEL_MAX as PROGRAM_FUEL_MAX
from focusmesh.kernel.runtime.programs import PROGRAM_LINKS_MAX as PROGRAM_LINKS_MAX
from focusmesh.kernel.runtime.programs import LinkProgram as LinkProgram
from focusmesh.kernel.runtime.programs import Yielded as Yielded
from focusmesh.kernel.runtime.programs import program_limits as program_limits
from focusmesh.kernel.runtime.properties import SetProperty as SetProperty
from focusmesh.kernel.runtime.registry import Registry as Registry
