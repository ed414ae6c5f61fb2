"""The operations of the kernel itself, which applications add theirs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.kernel.runtime.blobs import Forget, PutBlob
from focusmesh.kernel.runtime.keys import RotateKey
from focusmesh.kernel.runtime.links import Link, Unlink
from focusmesh.kernel.runtime.programs import LinkProgram
from focusmesh.kernel.runtime.properties import SetProperty

if TYPE_CHECKING:
    from focusmesh.kernel.runtime.operation import Operation

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
