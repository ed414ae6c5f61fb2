"""Changes: a network votes on its own rules, and says when it is ready for new operations.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.apps.changes.face import APPLICATION as APPLICATION
from focusmesh.apps.changes.face import CHANGE_OPERATIONS as CHANGE_OPERATIONS
from focusmesh.apps.changes.operations import ProposeAnyChange as ProposeAnyChange
from focusmesh.apps.changes.operations import ProposeChange as ProposeChange
from focusmesh.apps.changes.operations import ReadyForChange as ReadyForChange
from focusmesh.apps.changes.operations import VoteOnChange as VoteOnChange
from focusmesh.apps.changes.queries import ChangeRecord as ChangeRecord
from focusmesh.apps.changes.queries import ChangeRow as ChangeRow
from focusmesh.apps.changes.queries import change_row as change_row
from focusmesh.apps.changes.queries import changes as changes
from focusmesh.apps.changes.queries import value_text as value_text
from focusmesh.apps.changes.rules import Rule as Rule
from focusmesh.apps.changes.rules import rules_at as rules_at
