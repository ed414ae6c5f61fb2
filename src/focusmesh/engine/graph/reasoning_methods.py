"""What a graph can be asked by rules, by patterns, and by the operators of the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from focusmesh.engine.graph.link_methods import LinkMethods
from focusmesh.engine.links import LinkStore, snapshot_from_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from focusmesh.engine.reasoning import OperatorRows, QueryLimits, RuleView, Table


class ReasoningMethods(LinkMethods):
    """Rules, patterns and operators. Each answer is that of one moment; a view of rules follows the graph."""

    @classmethod
    def from_cypher(cls, text: str) -> Self:
        """A graph that CREATE writes: ``Graph.from_cypher("CREATE (:Package {name: 'a'})-[:imports]->({name: 'b'})")``.

        A particle is called by its property ``name`` where that is a text which no other has, else by its number.
        ``weight``, ``author`` and ``time`` of a relationship are those of the link. Raises QueryError with line and
        column, InputError for lists and temporal values as properties, and for parallel links of one type and author
        that differ in properties.
        """
        from focusmesh.engine.reasoning import read_written_graph

        return cls(LinkStore(snapshot_from_columns(read_written_graph(text))))

    def rules(
        self,
        text: str,
        *,
        facts: Mapping[str, Iterable[tuple[Any, ...]]] | None = None,
        limits: QueryLimits | None = None,
        profile: bool = False,
    ) -> RuleView:
        """What rules derive from the graph: ``graph.rules("linked(x) :- axon(x, y, _).")["linked"]``.

        Rules look at ``particle(p)``, ``name(p, s)``, ``text(p, s)``, ``axon(s, t, weight)`` and
        ``link(s, t, relation, author, weight, time)``, at operators (see ``compute``), and at ``facts``: rows of
        relations that they declare. The view works its relations out when it is asked, and anew after an edit; with
        ``profile`` it says what each rule took. Raises RuleError with line and column, and when the view is asked
        BudgetError at a limit.
        """
        from focusmesh.engine.reasoning import RuleView

        return RuleView(self, text, facts, limits, profile=profile)

    def query(
        self,
        text: str,
        parameters: Mapping[str, Any] | None = None,
        /,
        *,
        limits: QueryLimits | None = None,
        partial: bool = False,
        profile: bool = False,
        **named: Any,
    ) -> Table:
        """The rows of a query in openCypher: ``graph.query("MATCH (p)-->({name: $n}) RETURN p", n="typing")``.

        It reads and does not write. Particles are nodes, links relationships, whose type is their relation, or ``LINK``
        (docs/reference/cypher.md). ``$name`` stands for a parameter, given by name or in ``parameters``. Operators are
        procedures (``CALL components() YIELD particle, component``; see ``compute``), and ``focus(p)`` is a function.
        Without ORDER BY rows come by index of their particles. With ``partial`` a limit cuts the rows, and the table
        says so; with ``profile`` it says what the steps took. Raises QueryError with line and column, before anything
        runs where that can be known, and BudgetError at a limit.
        """
        from focusmesh.engine.reasoning import ask_query

        given = {**(parameters or {}), **named}
        return ask_query(self.snapshot(), text, given, limits, partial=partial, profile=profile)

    def compute(self, operator: str, /, **arguments: Any) -> OperatorRows:
        """The rows of an operator: ``graph.compute("distances", seeds="a")``.

        ``components()`` and ``strong_components()``: (p, component), the first particle of each.
        ``label_propagation(rounds=10)``: (p, label), communities. ``cores()``: (p, core).
        ``clustering()``: (p, coefficient). ``distances(seeds, by="hops", direction="out", within=inf)``: (p, distance),
        nearest first. ``shortest_path(source, target, by="hops", direction="out")``: (step, p), no rows where no way
        leads. ``focus(tolerance=1e-9)`` and ``context(seeds, beta=0.5)``: (p, score, bound), best first.
        ``walk(seeds, steps=8, temperature=1, seed=0)``: (step, p, score, bound). ``explain(seeds, target, walks=5)``:
        (walk, step, p, share). ``recall(question, top=10)``: (p, value, score, bound). ``by``:
        ``"hops"``, ``"weight"`` of an axon, or ``"inverse"`` of it; ``direction``: ``"out"``, ``"in"``, ``"any"``.
        Rules call the same by ``@name[argument=value](columns)``. The last answers are kept until an edit. Raises
        InputError for an unknown operator or argument, UnknownParticleError for a particle that is not there.
        """
        from focusmesh.engine.reasoning import OPERATORS, operator_rows

        return operator_rows(self.snapshot(), OPERATORS.find(operator), arguments)
