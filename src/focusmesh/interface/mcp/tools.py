"""The tools: those of the memory server under their names, and recall, explain and prove."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from focusmesh.errors import InputError, ParameterError
from focusmesh.interface.mcp import answers, schemas
from focusmesh.interface.mcp.memory import Memory
from focusmesh.interface.mcp.paging import BUDGET_TOKENS, part, rendered
from focusmesh.interface.mcp.proving import without_names
from focusmesh.interface.mcp.records import Deletion, Entity, Observed, Part, Relation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from focusmesh.interface.mcp.proving import Prover
    from focusmesh.interface.mcp.store import MemoryStore


class _Entities(msgspec.Struct):
    entities: list[Entity]


class _Relations(msgspec.Struct):
    relations: list[Relation]


class _Observations(msgspec.Struct):
    observations: list[Observed]


class _EntityNames(msgspec.Struct, rename="camel"):
    entity_names: list[str]


class _Deletions(msgspec.Struct):
    deletions: list[Deletion]


class _Page(msgspec.Struct, kw_only=True):
    cursor: str | None = None
    budget_tokens: int | None = None


class _Query(_Page, kw_only=True):
    query: str


class _Names(_Page, kw_only=True):
    names: list[str]


class _Recall(_Page, kw_only=True):
    question: str | None = None
    context: list[str] = []
    k: int | None = None


class _Explain(msgspec.Struct):
    particle: str
    question: str | None = None
    context: list[str] = []
    walks: int = 5
    budget_tokens: int | None = None


class _Prove(msgspec.Struct):
    entity: str | None = None
    source: str | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool answers, as text and as data. ``link``: URI of a resource that goes with it."""

    text: str
    data: Any
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: how it is announced, and the method of Tools that it is."""

    name: str
    title: str
    description: str
    schemas: tuple[schemas.Schema, schemas.Schema]
    takes: type[Any]
    does: Callable[[Tools, Any], Answer]
    writes: bool = False
    destroys: bool = False

    @property
    def repeatable(self) -> bool:
        """Whether a second call changes nothing more."""
        return not self.writes or self.destroys


class Tools:
    """All tools over one store. Safe between threads."""

    def __init__(
        self,
        store: MemoryStore,
        prover: Prover | None = None,
        budget_tokens: int = BUDGET_TOKENS,
        *,
        readonly: bool = False,
    ) -> None:
        """``prover`` where there is a ledger; ``budget_tokens`` what an answer takes at most where less is not said.

        Raises ParameterError for a budget below 1.
        """
        self.store = store
        self.prover = prover
        self.budget_tokens = self._verified(budget_tokens)
        self._memory = Memory(store)
        offered = [tool for tool in TOOLS if not (readonly and tool.writes)]
        if prover is None:
            offered = [tool for tool in offered if tool.takes is not _Prove]
        self.offered: Mapping[str, Tool] = {tool.name: tool for tool in offered}

    def call(self, name: str, arguments: Mapping[str, Any]) -> Answer:
        """What a tool answers. Raises InputError for arguments that do not fit, and what the tool raises."""
        tool = self.offered[name]
        try:
            given = msgspec.convert(dict(arguments), tool.takes)
        except msgspec.ValidationError as error:
            raise InputError(f"Invalid arguments for tool {name}: {error}") from error
        return tool.does(self, given)

    def create_entities(self, given: _Entities) -> Answer:
        made = self._memory.create_entities(given.entities)
        return Answer(rendered(made), {"entities": made})

    def create_relations(self, given: _Relations) -> Answer:
        made = self._memory.create_relations(given.relations)
        return Answer(rendered(made), {"relations": made})

    def add_observations(self, given: _Observations) -> Answer:
        made = self._memory.add_observations(given.observations)
        return Answer(rendered(made), {"results": made})

    def delete_entities(self, given: _EntityNames) -> Answer:
        return _deleted("Entities", self._memory.delete_entities(given.entity_names))

    def delete_observations(self, given: _Deletions) -> Answer:
        return _deleted("Observations", self._memory.delete_observations(given.deletions))

    def delete_relations(self, given: _Relations) -> Answer:
        return _deleted("Relations", self._memory.delete_relations(given.relations))

    def read_graph(self, given: _Page) -> Answer:
        moment = self.store.moment()
        entities = moment.view.entities
        return self._part(
            part(moment, "read", entities, self._budget(given), given.cursor, dangling=True)
        )

    def search_nodes(self, given: _Query) -> Answer:
        moment = self.store.moment()
        found = moment.view.search(given.query)
        question = "search", given.query
        return self._part(part(moment, question, found, self._budget(given), given.cursor))

    def open_nodes(self, given: _Names) -> Answer:
        moment = self.store.moment()
        view = moment.view
        found = {at for at in map(view.find, given.names) if at is not None}
        entities = [at for at in view.entities if at in found]
        question = "open", tuple(sorted(given.names))
        return self._part(part(moment, question, entities, self._budget(given), given.cursor))

    def recall(self, given: _Recall) -> Answer:
        if given.k is not None and not 1 <= given.k <= answers.LISTED_MAX:
            raise ParameterError(f"recall lists 1 ≤ k ≤ {answers.LISTED_MAX:,}, k = {given.k}")
        found = answers.recall(
            self.store.moment(),
            given.question,
            given.context,
            self._budget(given),
            given.k,
            given.cursor,
        )
        return Answer(rendered(found), found)

    def explain(self, given: _Explain) -> Answer:
        if not 1 <= given.walks <= answers.WALKS_MAX:
            raise ParameterError(
                f"explain lists 1 ≤ walks ≤ {answers.WALKS_MAX}, not {given.walks}"
            )
        found = answers.explain(
            self.store.moment(),
            given.particle,
            given.question,
            given.context,
            given.walks,
            self._budget(given),
        )
        return Answer(rendered(found), found)

    def prove(self, given: _Prove) -> Answer:
        if self.prover is None:
            raise InputError("a graph file proves nothing: keep the memory in a ledger")
        proof = self.prover.prove(self.store.moment(), given.entity, given.source, given.target)
        if not answers.fits(proof, self.budget_tokens):
            proof = without_names(proof)
        return Answer(rendered(proof), proof, proof.receipt)

    def _part(self, found: Part) -> Answer:
        return Answer(rendered(found), found)

    def _budget(self, given: _Page | _Explain) -> int:
        return (
            self.budget_tokens
            if given.budget_tokens is None
            else self._verified(given.budget_tokens)
        )

    def _verified(self, budget_tokens: int) -> int:
        if budget_tokens < 1:
            raise ParameterError(f"budget_tokens = {budget_tokens} must be at least 1")
        return budget_tokens


def _deleted(what: str, left: int) -> Answer:
    message = f"{what} deleted successfully"
    if left:
        message = f"{what} deleted as far as they are yours: {left:,} of others stay, who alone can take them back"
    return Answer(message, {"success": not left, "message": message})


TOOLS = (
    Tool(
        "create_entities",
        "Create Entities",
        "Create multiple new entities in the knowledge graph",
        schemas.CREATE_ENTITIES,
        _Entities,
        Tools.create_entities,
        writes=True,
    ),
    Tool(
        "create_relations",
        "Create Relations",
        "Create multiple new relations between entities in the knowledge graph. "
        "Relations should be in active voice",
        schemas.CREATE_RELATIONS,
        _Relations,
        Tools.create_relations,
        writes=True,
    ),
    Tool(
        "add_observations",
        "Add Observations",
        "Add new observations to existing entities in the knowledge graph",
        schemas.ADD_OBSERVATIONS,
        _Observations,
        Tools.add_observations,
        writes=True,
    ),
    Tool(
        "delete_entities",
        "Delete Entities",
        "Delete multiple entities and their associated relations from the knowledge graph",
        schemas.DELETE_ENTITIES,
        _EntityNames,
        Tools.delete_entities,
        writes=True,
        destroys=True,
    ),
    Tool(
        "delete_observations",
        "Delete Observations",
        "Delete specific observations from entities in the knowledge graph",
        schemas.DELETE_OBSERVATIONS,
        _Deletions,
        Tools.delete_observations,
        writes=True,
        destroys=True,
    ),
    Tool(
        "delete_relations",
        "Delete Relations",
        "Delete multiple relations from the knowledge graph",
        schemas.DELETE_RELATIONS,
        _Relations,
        Tools.delete_relations,
        writes=True,
        destroys=True,
    ),
    Tool(
        "read_graph",
        "Read Graph",
        "Read the entire knowledge graph",
        schemas.READ_GRAPH,
        _Page,
        Tools.read_graph,
    ),
    Tool(
        "search_nodes",
        "Search Nodes",
        "Search for nodes in the knowledge graph based on a query",
        schemas.SEARCH_NODES,
        _Query,
        Tools.search_nodes,
    ),
    Tool(
        "open_nodes",
        "Open Nodes",
        "Open specific nodes in the knowledge graph by their names",
        schemas.OPEN_NODES,
        _Names,
        Tools.open_nodes,
    ),
    Tool(
        "recall",
        "Recall",
        "Recall what matters for a question: entities and observations that have its words, and what is linked to "
        "those, the most important first, within a budget of tokens. Prefer this to read_graph and search_nodes",
        schemas.RECALL,
        _Recall,
        Tools.recall,
    ),
    Tool(
        "explain",
        "Explain",
        "Explain why an entity or observation is recalled: by which links the question leads to it",
        schemas.EXPLAIN,
        _Explain,
        Tools.explain,
    ),
    Tool(
        "prove",
        "Prove",
        "Prove an entity's score, or that a link was made and by whom, with a receipt that anyone can verify",
        schemas.PROVE,
        _Prove,
        Tools.prove,
    ),
)
"""All tools there are, in the order in which they are announced."""
