"""``focusmesh query``: what a ledger answers, as of a block, with a receipt that a stranger can check."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any

import typer

from focusmesh.errors import InputError
from focusmesh.host.service import (  # noqa: TC001  (typer asks for them)
    GetAccount,
    ProveContext,
    ProveLink,
    ProveRank,
)
from focusmesh.interface.cli.shared.ledger_options import (
    KeyName,
    Keys,
    LedgerOption,
    Unlocking,
    open_ledger,
)
from focusmesh.interface.cli.shared.options import (
    Everything,
    Force,
    Output,
    command,
)
from focusmesh.interface.cli.shared.output_files import verify_output, whole_file
from focusmesh.interface.cli.shared.particle_names import in_json, shown_name
from focusmesh.interface.cli.shared.results import (
    NOT_SEPARATED,
    context_document,
    focus_table,
    tell_context,
)
from focusmesh.interface.cli.shared.screen import Screen
from focusmesh.interface.cli.shared.table import Column, count_of, size_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from focusmesh.kernel.block import Chain
    from focusmesh.kernel.receipts import Receipt, ReceiptMaker
    from focusmesh.kernel.session import LedgerLink, Ranking

ReceiptFile = Annotated[
    str | None,
    typer.Option(
        "--receipt",
        metavar="FILE",
        help="Write a receipt of the answer, signed by the key; check it with `focusmesh verify`.",
    ),
]


@dataclass(frozen=True, slots=True)
class Answering(Unlocking):
    """Whether an answer is put into a receipt, and who signs that."""

    receipt: ReceiptFile = None
    key: KeyName = None
    force: Force = False

    def write(
        self, chain: Chain, screen: Screen, ask: Callable[[ReceiptMaker], Receipt]
    ) -> dict[str, Any]:
        """Makes the receipt that was asked for and writes it; its result, empty where none was asked for."""
        if self.receipt is None:
            return {}
        from focusmesh.kernel.receipts import ReceiptMaker

        path = verify_output(self.receipt, force=self.force)
        signer = self.keyring(self.key).signer(chain.proposers)
        made = ask(ReceiptMaker(chain, signer))
        with whole_file(path) as beside:
            beside.write_text(made.to_json(), encoding="utf-8")
        size = size_text(path.stat().st_size)
        screen.narrate(f"{path}: receipt of block {made.height}, {made.proof}, {size}")
        return made.result


@command
def rank(
    ledger: LedgerOption,
    answering: Answering,
    output: Output,
    asked: ProveRank,
    everything: Everything = False,
) -> None:
    """List the particles of most focus, as the block committed it.

    Nothing is solved.
    """
    from focusmesh.kernel.session import ranking

    screen = Screen(output)
    with open_ledger(ledger) as shared:
        chain = shared.reading()
        found = ranking(chain, asked.at, None if everything else asked.top)
        answering.write(chain, screen, lambda maker: maker.rank(found.height, len(found.items)))
    if screen.as_json:
        screen.document(ranking_document(found))
    else:
        focus_table(found.items, screen)
    screen.narrate(
        f"ranked at height {found.height} · {count_of(found.particles, 'particle')} · "
        f"bound {found.bound:.1e} · residual {found.residual:.1e}"
    )
    if not screen.as_json and any(not item.separated for item in found.items):
        screen.narrate(f"{NOT_SEPARATED} the bound does not separate it from the next one")


@command
def link(
    ledger: LedgerOption,
    answering: Answering,
    output: Output,
    asked: ProveLink,
) -> None:
    """Show the links from SOURCE to TARGET and their axon's weight.

    A receipt proves the weight, or one link of an author.
    """
    from focusmesh.kernel.session import links_between, particle

    screen, at = Screen(output), asked.at
    whose = None if asked.neuron is None else answering.store().neuron(asked.neuron)
    ends = particle(asked.source).id, particle(asked.target).id
    kind = None if asked.relation is None else particle(asked.relation).id
    with open_ledger(ledger) as shared:
        chain = shared.reading()
        weight, links = links_between(chain, at, *ends, relation=kind, author=whose)
        answering.write(chain, screen, lambda maker: maker.link(at, *ends, whose, kind))
        height = chain.height if at is None else at
    document = {
        "height": height,
        "source": asked.source,
        "target": asked.target,
        "weight": weight,
    }
    if screen.as_json:
        screen.document(document | {"items": [link_document(each) for each in links]})
    else:
        link_table(links, screen)
    screen.narrate(f"at height {height} · axon of weight {weight} · {count_of(len(links), 'link')}")


@command
def context(
    ledger: LedgerOption,
    answering: Answering,
    output: Output,
    asked: ProveContext,
) -> None:
    """Rank particles as seen from the SEEDs, as of a block.

    With a receipt, it goes as far as the rows in the receipt prove.
    """
    from focusmesh.engine.graph import Graph
    from focusmesh.kernel.session import canonical, columns_of, particle

    screen, seeds, at = Screen(output), [*map(str, asked.seeds)], asked.at
    with open_ledger(ledger) as shared, screen.progress() as progress:
        chain = shared.reading()
        if answering.receipt is not None:
            stand = {particle(seed).id: 1.0 for seed in seeds}
            try:
                made = answering.write(
                    chain, screen, lambda maker: maker.context(at, stand, asked.top, asked.beta)
                )
            except InputError:
                verify_seeds(chain, at, seeds)
                raise
            show_proved(made, screen)
            return
        graph = Graph.from_links(columns_of(chain, at))
        found = graph.context(
            [canonical(chain, graph.particles, seed) for seed in seeds],
            asked.top,
            asked.effort,
            chain.parameters.operator.real,
            beta=asked.beta,
            progress=progress,
        )
    if screen.as_json:
        told = {
            "seeds": [in_json(seed) for seed in found.seeds],
            "beta": asked.beta,
            "effort": asked.effort,
            "settled": found.settled,
            "proved": found.proved,
        }
        screen.document(context_document(graph, found, found.items) | told)
    else:
        focus_table(found.items, screen, seeds=found.seeds)
    tell_context(graph, found, found.items, screen)


@command
def account(ledger: LedgerOption, keys: Keys, output: Output, asked: GetAccount) -> None:
    """Show what a neuron owns, has staked, and has locked in links.

    Amounts are in base units.
    """
    from focusmesh.kernel.state import Account, read_account

    screen, neuron = Screen(output), keys.store().neuron(asked.neuron)
    with open_ledger(ledger) as shared, shared.reading().state.at(asked.at) as view:
        found = read_account(view.get, neuron)
        height = view.height
    account = Account() if found is None else found
    facts: dict[str, Any] = {
        "neuron": neuron.hex(),
        "height": height,
        "balance": account.balance,
        "stake": account.stake,
        "locked": account.locked,
        "free": account.free_stake,
        "burned": account.burned,
        "signals": account.nonce,
    }
    if screen.as_json:
        screen.document(facts)
        return
    rows = [
        (name, f"{value:,}" if isinstance(value, int) else value) for name, value in facts.items()
    ]
    screen.table([Column(asked.neuron), Column("", right=True, style="bold")], rows)


def verify_seeds(chain: Chain, at: int | None, seeds: Sequence[str]) -> None:
    """Raises UnknownParticleError with close names for a seed that the block does not know. O(n + m)."""
    from focusmesh.engine.graph import Graph
    from focusmesh.kernel.session import canonical, columns_of

    known = Graph.from_links(columns_of(chain, at))
    for seed in seeds:
        known.index(canonical(chain, known.particles, seed))


def ranking_document(found: Ranking) -> dict[str, Any]:
    """A committed ranking as an object."""
    return {
        "height": found.height,
        "particles": found.particles,
        "residual": found.residual,
        "bound": found.bound,
        "items": [
            {"particle": in_json(item.particle), "score": item.score} for item in found.items
        ],
    }


def show_proved(result: dict[str, Any], screen: Screen) -> None:
    """The answer of a context receipt: what the receipt proves, no more."""
    from focusmesh.engine.focus import Ranked

    scores = [item["score"] for item in result["items"]]
    gaps = [high - low for high, low in pairwise(scores)] + [float("inf")]
    items = [
        Ranked(
            rank,
            item.get("name") or bytes.fromhex(item["particle"]),
            item["score"],
            gap > result["bound"],
            bound=result["bound"],
        )
        for rank, (item, gap) in enumerate(zip(result["items"], gaps, strict=True), 1)
    ]
    if screen.as_json:
        screen.document(
            {
                "bound": result["bound"],
                "settled": result["settled"],
                "items": [
                    {"particle": in_json(item.particle), "score": item.score} for item in items
                ],
            }
        )
    else:
        focus_table(items, screen)
    order = "order settled" if result["settled"] else "order not settled"
    screen.narrate(f"bound {result['bound']:.1e} · {order}")


def link_document(found: LedgerLink) -> dict[str, Any]:
    """One link of an author."""
    return {
        "relation": None if found.relation == "" else in_json(found.relation),
        "author": found.author.hex(),
        "amount": found.amount,
        "height": found.height,
    }


def link_table(links: Sequence[LedgerLink], screen: Screen) -> None:
    """One line a link."""
    columns = [
        Column("amount", right=True, style="cyan"),
        Column("height", right=True),
        Column("relation", style="bold"),
        Column("author"),
    ]
    rows = [
        (f"{each.amount:,}", f"{each.height:,}", shown_name(each.relation), each.author.hex())
        for each in links
    ]
    screen.table(columns, rows)
