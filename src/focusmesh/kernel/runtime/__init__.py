"""The runtime: which operations a network has, and what a signal of them does to the state.

May import: focusmesh.kernel.state, focusmesh.protocol, focusmesh.ids, focusmesh.errors.
Start reading at execution.py, then operation.py and links.py.
"""

from __future__ import annotations

from focusmesh.kernel.runtime.admission import Admitted, no_account
from focusmesh.kernel.runtime.blobs import Forget, PutBlob
from focusmesh.kernel.runtime.context import Context
from focusmesh.kernel.runtime.execution import DONE, Proposal, Result, Runtime
from focusmesh.kernel.runtime.keys import ROTATION_DOMAIN, RotateKey, rotation_digest
from focusmesh.kernel.runtime.links import Link, Unlink
from focusmesh.kernel.runtime.operation import Amount, Digest, Operation
from focusmesh.kernel.runtime.programs import (
    PROGRAM_FUEL_MAX,
    PROGRAM_LINKS_MAX,
    LinkProgram,
    Yielded,
    program_limits,
)
from focusmesh.kernel.runtime.properties import SetProperty
from focusmesh.kernel.runtime.registry import Registry

__all__ = [
    "DONE",
    "KERNEL_OPERATIONS",
    "PROGRAM_FUEL_MAX",
    "PROGRAM_LINKS_MAX",
    "PROGRAM_OPERATIONS",
    "ROTATION_DOMAIN",
    "Admitted",
    "Amount",
    "Context",
    "Digest",
    "Forget",
    "Link",
    "LinkProgram",
    "Operation",
    "Proposal",
    "PutBlob",
    "Registry",
    "Result",
    "RotateKey",
    "Runtime",
    "SetProperty",
    "Unlink",
    "Yielded",
    "no_account",
    "program_limits",
    "rotation_digest",
]

KERNEL_OPERATIONS: tuple[type[Operation], ...] = (
    Forget,
    Link,
    PutBlob,
    RotateKey,
    SetProperty,
    Unlink,
)
"""Those of every network."""
PROGRAM_OPERATIONS: tuple[type[Operation], ...] = (LinkProgram,)
"""What networks have besides, unless they were made before there were programs."""
