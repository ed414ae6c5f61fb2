"""The tools: those of the memory server under their names, and remember, recall, explain and prove."""

from __future__ import annotations

from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from focusmesh.errors import FocusmeshError, InputError, ParameterError
from focusmesh.host.service import QUESTIONS, form_of, malformed_error, parameters_of, record_of
from focusmesh.interface.mcp import answers, rules, schemas
from focusmesh.interface.mcp.applications import application_tools
from focusmesh.interface.mcp.memory import Memory
from focusmesh.interface.mcp.paging import BUDGET_TOKENS, part, render_answer
from focusmesh.interface.mcp.receipts import without_names
from focusmesh.interface.mcp.records import Deletion, Entity, Observed, Part, Relation
from focusmesh.interface.mcp.tool import Answer, Tool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from focusmesh.host.service import Explain, Recall
    from focusmesh.interface.mcp.receipts import Prover
    from focusmesh.interface.mcp.schemas import Schema
    from focusmesh.interface.mcp.store import MemoryStore, Moment


class _Arguments(msgspec.Struct, forbid_unknown_fields=True):
    """What a tool takes; a name that it does not have is refused."""


class _Entities(_Arguments):
    entities: list[Entity]


class _Relations(_Arguments):
    relations: list[Relation]


class _Observations(_Arguments):
    observations: list[Observed]


class _EntityNames(_Arguments, rename="camel"):
    entity_names: list[str]


class _Deletions(_Arguments):
    deletions: list[Deletion]


class _Remember(_Arguments):
    text: str
    supersedes: list[str] = []


class _Page(_Arguments, kw_only=True):
    cursor: str | None = None
    budget_tokens: int | None = None


class _Query(_Page, kw_only=True):
    query: str


class _Names(_Page, kw_only=True):
    names: list[str]


class _Prove(_Arguments):
    entity: Annotated[
        str | None,
        msgspec.Meta(description="Its score, or"),
    ] = None
    source: Annotated[
        str | None,
        msgspec.Meta(description="the link from this"),
    ] = None
    target: Annotated[
        str | None,
        msgspec.Meta(description="to this"),
    ] = None


class Tools:
    """All tools over one store. Safe between threads."""

    def __init__(
        self,
        store: MemoryStore,
        prover: Prover | None = None,
        budget_tokens: int = BUDGET_TOKENS,
        *,
        readonly: bool = False,
        commands: bool = False,
    ) -> None:
        """``prover`` where there is a ledger; ``budget_tokens`` what an answer takes at most where less is not said.

        ``commands``: offer those of applications too, which sign with the ledger's key. Raises ParameterError for a
        budget below 1, and for commands of what is ``readonly``.
        """
        if commands and readonly:
            raise ParameterError("a read-only server offers no commands")
        self.store = store
        self.prover = prover
        self.budget_tokens = self._verify_budget(budget_tokens)
        self._memory = Memory(store)
        self._preparing: Thread | None = None
        known = (*tools(), *application_tools(store, commands=commands))
        offered = [tool for tool in known if not (readonly and tool.writes)]
        if prover is None:
            offered = [tool for tool in offered if tool.name != "prove"]
        self.offered: Mapping[str, Tool] = {tool.name: tool for tool in offered}

    def call(self, name: str, arguments: Mapping[str, Any]) -> Answer:
        """What a tool answers. Raises InputError for arguments that do not fit, and what the tool raises."""
        tool = self.offered[name]
        try:
            given = msgspec.convert(dict(arguments), tool.takes)
        except msgspec.ValidationError as error:
            words = f"Invalid arguments for tool {name}"
            raise malformed_error(error, tool.takes, words) from error
        return tool.does(self, given)

    def prepare(self) -> None:
        """Loads in a thread what the first question waits for, while the client still says hello.

        A question that comes meanwhile waits for that. What fails here fails again, and is told, where it is asked.
        """

        def load() -> None:
            with suppress(FocusmeshError):
                self.store.moment().prepare()

        self._preparing = Thread(target=load, name="preparation")
        self._preparing.start()

    def _moment(self) -> Moment:
        """The memory as it is now, once what was begun to be loaded is."""
        if self._preparing is not None:
            self._preparing.join()
        return self.store.moment()

    def create_entities(self, given: _Entities) -> Answer:
        made = self._memory.create_entities(given.entities)
        return Answer(render_answer(made), {"entities": made})

    def create_relations(self, given: _Relations) -> Answer:
        made = self._memory.create_relations(given.relations)
        return Answer(render_answer(made), {"relations": made})

    def add_observations(self, given: _Observations) -> Answer:
        made = self._memory.add_observations(given.observations)
        return Answer(render_answer(made), {"results": made})

    def remember(self, given: _Remember) -> Answer:
        found = self._memory.remember(given.text, given.supersedes)
        return Answer(render_answer(found), found)

    def delete_entities(self, given: _EntityNames) -> Answer:
        return _deletion_answer("Entities", self._memory.delete_entities(given.entity_names))

    def delete_observations(self, given: _Deletions) -> Answer:
        return _deletion_answer("Observations", self._memory.delete_observations(given.deletions))

    def delete_relations(self, given: _Relations) -> Answer:
        return _deletion_answer("Relations", self._memory.delete_relations(given.relations))

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

    def recall(self, given: Any) -> Answer:
        asked = record_of(QUESTIONS["recall"], given)
        found = answers.recall(self._moment(), asked, self._budget(asked))
        return Answer(render_answer(found), found)

    def explain(self, given: Any) -> Answer:
        asked = record_of(QUESTIONS["explain"], given)
        found = answers.explain(self._moment(), asked, self._budget(asked))
        return Answer(render_answer(found), found)

    def query(self, given: Any) -> Answer:
        asked = record_of(QUESTIONS["derive"], given)
        found = rules.query(self.store.moment(), asked, self.budget_tokens)
        return Answer(render_answer(found), found)

    def why(self, given: Any) -> Answer:
        asked = record_of(QUESTIONS["why"], given)
        found = rules.why(self.store.moment(), asked, self.budget_tokens)
        return Answer(render_answer(found), found)

    def prove(self, given: Any) -> Answer:
        if self.prover is None:
            raise InputError("a graph file proves nothing: keep the memory in a ledger")
        proof = self.prover.prove(self.store.moment(), given.entity, given.source, given.target)
        if not answers.fits(proof, self.budget_tokens):
            proof = without_names(proof)
        return Answer(render_answer(proof), proof, proof.receipt)

    def _part(self, found: Part) -> Answer:
        return Answer(render_answer(found), found)

    def _budget(self, given: _Page | Recall | Explain) -> int:
        return (
            self.budget_tokens
            if given.budget_tokens is None
            else self._verify_budget(given.budget_tokens)
        )

    def _verify_budget(self, budget_tokens: int) -> int:
        if budget_tokens < 1:
            raise ParameterError(f"budget_tokens = {budget_tokens} must be at least 1")
        return budget_tokens


def _deletion_answer(what: str, left: int) -> Answer:
    message = f"{what} deleted successfully"
    if left:
        message = f"{what} deleted as far as they are yours: {left:,} of others stay, who alone can take them back"
    return Answer(message, {"success": not left, "message": message})


_MEMORY = (
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
)
"""Those of the memory server."""


def tools() -> tuple[Tool, ...]:
    """All tools there are, in the order in which they are announced; those of questions are made of their records."""
    return (
        *_MEMORY,
        Tool(
            "remember",
            "Remember",
            "Keep a text as it was said: an observation of each entity it names, or a new note",
            schemas.REMEMBER,
            _Remember,
            Tools.remember,
            writes=True,
        ),
        _question(
            QUESTIONS["recall"],
            "recall",
            "Recall what matters for a question: what has its words, and what is linked to it. "
            "Prefer it to read_graph, search_nodes",
            schemas.RECALLED,
            Tools.recall,
        ),
        _question(
            QUESTIONS["explain"],
            "explain",
            "Explain why something is recalled: links that lead to it, and the words they stand on",
            schemas.EXPLAINED,
            Tools.explain,
        ),
        _question(
            QUESTIONS["derive"],
            "query",
            "Derive by Datalog rules over axon(from,to,weight), link(from,to,relation,author,weight,time), text(p,s), "
            '@components(p,c), @distances[seeds="a"](p,d). Relations memory:type, memory:observation',
            schemas.QUERIED,
            Tools.query,
        ),
        _question(
            QUESTIONS["why"],
            "why",
            "Prove a fact by such rules, or say what fails",
            schemas.WHY,
            Tools.why,
        ),
        _question(
            _Prove,
            "prove",
            "Prove a score, or who made a link, with a receipt that anyone can verify",
            schemas.PROVED,
            Tools.prove,
        ),
    )


def _question(
    record: Any, name: str, words: str, gives: Schema, does: Callable[[Tools, Any], Answer]
) -> Tool:
    takes = schemas.taken_by(parameters_of(record, "mcp"))
    return Tool(name, name.title(), words, (takes, gives), form_of(record, "mcp"), does)
