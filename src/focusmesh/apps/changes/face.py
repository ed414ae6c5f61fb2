"""Changes as all faces offer them."""

from __future__ import annotations

from focusmesh.apps import NOWHERE, Application, Command, Places, Query
from focusmesh.apps.changes.operations import (
    ProposeAnyChange,
    ProposeChange,
    ReadyForChange,
    VoteOnChange,
)
from focusmesh.apps.changes.queries import ChangeRow, ChangesQuestion, change_rows
from focusmesh.apps.changes.rules import RulesInForce, RulesQuestion, rules_in_state

CHANGE_OPERATIONS = (ProposeChange, ReadyForChange, VoteOnChange)
_SIGNED = Places(cli=NOWHERE)
"""`focusmesh network` takes these in words, and shows rules. `ready` runs migrations first, and stays with it."""

APPLICATION = Application(
    name="changes",
    words="A network votes on its own rules, and says when it is ready for new operations.",
    operations=CHANGE_OPERATIONS,
    later={"delegation": (ProposeAnyChange,)},
    commands=(
        Command(
            "propose",
            "Propose other rules for the network, and vote for them; the key has to vote on blocks, or make them.",
            ProposeAnyChange,
            _SIGNED,
        ),
        Command(
            "vote",
            "Vote for a change of the network's rules, or against it; the last vote of a key counts.",
            VoteOnChange,
            _SIGNED,
        ),
    ),
    queries=(
        Query(
            name="changes",
            words="Changes of the network's rules: what is voted on, who voted how, what is law and waits.",
            asks=ChangesQuestion,
            answers=ChangeRow,
            answer=change_rows,
            is_list=True,
            places=Places(cli=NOWHERE, http="/v1/changes", graphql="changes", mcp="changes"),
        ),
        Query(
            name="rules",
            words="The rules that votes can change, how far a change may go now, and which epoch it is.",
            asks=RulesQuestion,
            answers=RulesInForce,
            answer=rules_in_state,
            places=Places(cli=NOWHERE),
        ),
    ),
    parameters=("changes",),
)
