"""Changes as all faces offer them."""

from __future__ import annotations

from focusmesh.apps import NOWHERE, Application, Places, Query
from focusmesh.apps.changes.operations import (
    ProposeAnyChange,
    ProposeChange,
    ReadyForChange,
    VoteOnChange,
)
from focusmesh.apps.changes.queries import ChangeRow, ChangesQuestion, change_rows
from focusmesh.apps.changes.statement import ShowStatement

CHANGE_OPERATIONS = (ProposeChange, ReadyForChange, VoteOnChange)

APPLICATION = Application(
    name="changes",
    words="A network votes on its own rules, and says when it is ready for new operations.",
    operations=CHANGE_OPERATIONS,
    later={"delegation": (ProposeAnyChange, ShowStatement)},
    queries=(
        Query(
            name="changes",
            words="Changes of the network's rules: what is voted on, who voted how, what is law and waits.",
            asks=ChangesQuestion,
            answers=ChangeRow,
            answer=change_rows,
            is_list=True,
            places=Places(
                cli=NOWHERE, http="/v1/changes", graphql="changes", grpc=NOWHERE, mcp=NOWHERE
            ),
        ),
    ),
    parameters=("changes",),
)
