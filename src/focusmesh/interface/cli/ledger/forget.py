"""``focusmesh forget``: content out of a ledger's files, on request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.ids import to_cid
from focusmesh.interface.cli.ledger.tx import placed_document
from focusmesh.interface.cli.shared.ledger_options import LedgerOption, Signing, open_to_sign
from focusmesh.interface.cli.shared.options import Output, command
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import count_of, size_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.host.ledger import Forgotten

Forgettable = Annotated[
    str,
    typer.Argument(
        metavar="PARTICLE", help="The particle to erase: its text, or its CID.", show_default=False
    ),
]


@command
def forget(particle: Forgettable, ledger: LedgerOption, signing: Signing, output: Output) -> None:
    """Erase the key's content and links of PARTICLE from a ledger.

    Every file of the ledger loses it. Digests, blocks, proofs and receipts stay valid. Links of others, properties,
    exports, backups and earlier receipts are not reached; the command says how many links and properties those are.
    """
    screen = Screen(output)
    with open_to_sign(ledger, signing) as opened:
        done = opened.forget(particle)
    if screen.as_json:
        screen.document(_document(done))
    screen.lines([f"{to_cid(done.mentions.particle)}  block {done.placed[-1].height}"])
    for line in _lines_of(done):
        screen.narrate(line)


def _document(done: Forgotten) -> dict[str, Any]:
    found = done.mentions
    return placed_document(done.placed[0]) | {
        "fee": done.fee,
        "particle": to_cid(found.particle),
        "content_bytes": found.content_bytes,
        "links": len(found.own),
        "links_of_others": found.links_of_others,
        "relations": found.relations,
        "properties": found.properties,
        "waiting": done.waiting,
    }


def _lines_of(done: Forgotten) -> Iterator[str]:
    found = done.mentions
    gone = f"{size_text(found.content_bytes)} and {count_of(len(found.own), 'link')} of yours"
    yield f"gone: {gone} · fee {done.fee}"
    left = [
        f"{what} {count:,}"
        for what, count in (
            ("links of others", found.links_of_others),
            ("links that have it as their relation", found.relations),
            ("properties", found.properties),
        )
        if count
    ]
    if left:
        yield f"still there, under the CID alone: {', '.join(left)}"
    if done.waiting:
        yield (
            f"published again meanwhile, by signals that wait for the node: {done.waiting:,}; "
            "when they are in a block, forget it again"
        )
    yield "not reached: exports, backups and receipts made before, and what others copied"
