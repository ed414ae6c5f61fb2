"""``focusmesh query weight``: by what a neuron's signals wait where room is short."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from focusmesh.host.service import GetWeight  # noqa: TC001  (typer asks for it)
from focusmesh.host.storage import Folder
from focusmesh.interface.cli.shared.ledger_options import Keys, LedgerOption, open_ledger
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column


@command
def weight(ledger: LedgerOption, keys: Keys, output: Output, asked: GetWeight) -> None:
    """Show by what weight a neuron's signals wait, and how much of the room is used.

    Amounts are in base units, shares of room in thousandths.
    """
    from focusmesh.host.service import waiting_room, weight_answer
    from focusmesh.kernel.admission import LinkWeights

    screen, neuron = Screen(output), keys.store().neuron(asked.neuron)
    with open_ledger(ledger) as shared:
        room = waiting_room(Folder(Path(ledger)), neuron)
        found = weight_answer(shared.reading(), neuron, LinkWeights(), room)
    facts: dict[str, Any] = msgspec.structs.asdict(found)
    if screen.as_json:
        screen.document(facts)
        return
    del facts["root"]
    rows = [
        (name, f"{value:,}" if isinstance(value, int) else value or "not known here")
        for name, value in facts.items()
    ]
    screen.table([Column(asked.neuron), Column("", right=True, style="bold")], rows)
