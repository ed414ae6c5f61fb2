"""Applications: operations on the kernel's rules, each package those of one purpose.

May import: focusmesh.kernel, focusmesh.protocol, focusmesh.engine, focusmesh.ids, focusmesh.errors.
Start reading at apps/bank.
"""

from __future__ import annotations
