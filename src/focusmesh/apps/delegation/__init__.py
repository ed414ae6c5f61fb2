"""Delegation: stake that votes through a validator, and has a part of what that earns.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.apps.delegation.face import APPLICATION as APPLICATION
