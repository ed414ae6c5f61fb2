"""Support: array types, the one door to the compiler, threads, progress, files, and what the machine has.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations
