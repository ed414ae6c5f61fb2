"""Changes as all faces offer them."""

from __future__ import annotations

from focusmesh.apps import Application
from focusmesh.apps.changes.operations import ProposeChange, ReadyForChange, VoteOnChange

CHANGE_OPERATIONS = (ProposeChange, ReadyForChange, VoteOnChange)

APPLICATION = Application(
    name="changes",
    words="A network votes on its own rules, and says when it is ready for new operations.",
    operations=CHANGE_OPERATIONS,
    parameters=("changes",),
)
