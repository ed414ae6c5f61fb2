"""Graph: particles, the links between them, and the way to their focus."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from focusmesh.engine import links as links_layer
from focusmesh.engine.graph.document_methods import DocumentMethods
from focusmesh.engine.links import (
    SUFFIX,
    Filters,
    LinkColumns,
    LinkStore,
    Names,
    Snapshot,
    open_snapshot,
)
from focusmesh.engine.support.parallel import limited
from focusmesh.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping
    from os import PathLike

    from focusmesh.engine.compile import CompiledModel
    from focusmesh.engine.focus import Focus, FocusParams
    from focusmesh.engine.graph.live_focus import LiveFocus
    from focusmesh.engine.links import ImportReport, TimeLike
    from focusmesh.engine.support.progress import Progress


class Graph(DocumentMethods):
    """A weighted, directed graph in memory, made by ``from_edges``, ``read``, ``open`` and their like.

    Links on one ordered pair add up to its axon; self-loops and links of weight zero do not rank.
    Edits (``link``, ``unlink``, ``reweight``, ``update``) are merged when the graph is next ranked or listed. Threads
    may ask and edit at once: each answer is that of one moment.
    """

    @classmethod
    def from_edges(
        cls,
        source: Any,
        target: Any = None,
        weight: Any = None,
        relation: Any = None,
        author: Any = None,
        *,
        time: Any = None,
        valence: Any = None,
        particles: int | Iterable[Hashable] | None = None,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> Graph:
        """A graph from parallel arrays or sequences of ``m`` link ends, or from a list of edges.

        Without ``target``, ``source`` is the edges: ``(source, target[, weight[, relation[, author[, time]]]])`` or
        ``(source, target, {"weight": …, …})``. Ends are integers or any hashable names. Without ``particles`` the ends
        are the particles: integers in ascending order, other names in order of first appearance. With ``particles``
        (a count, or names) the graph has exactly those; integers then index them, unless the names are integers
        themselves. ``weight`` (finite, ≥ 0; default 1) is kept as float64 holds it. ``relation``, ``author``: one name,
        or m. ``valence`` (−1, 0 or 1): a link of −1 weighs nothing. ``threads``: see ``focus``.

        Raises InputError naming the row at fault. O(n + m).
        """
        with limited(threads):
            made = links_layer.snapshot_from_edges(
                source,
                target,
                weight=weight,
                relation=relation,
                author=author,
                time=time,
                valence=valence,
                particles=particles,
                progress=progress,
            )
            return cls(LinkStore(made))

    @classmethod
    def from_links(
        cls,
        columns: LinkColumns,
        report: ImportReport | None = None,
        *,
        progress: Progress | None = None,
    ) -> Graph:
        """A graph from link columns, such as an importer returns. O(n + m)."""
        if not isinstance(columns, LinkColumns):
            raise InputError(f"links are LinkColumns, not {type(columns).__name__}; see from_edges")
        return cls(LinkStore(links_layer.snapshot_from_columns(columns, progress), report))

    @classmethod
    def from_table(cls, table: Any, **columns: str) -> Graph:
        """A graph from a table: a dict of columns, a list of dicts, or pandas, Polars, PyArrow, DuckDB.

        Columns are found by name (``source``, ``target``, ``weight``, ``relation``, ``author``, ``time``, or synonyms)
        or given: ``from_table(frame, source="importer", target="imported")``. Dicts may have weights and times as text.
        Other columns are properties of the link, or of the particle that a row without a target describes.
        Raises InputError for columns and rows that make no links, MissingExtraError for Arrow without ``arrow``.
        """
        from focusmesh.engine.graph.conversion import from_table

        return from_table(cls, table, columns)

    @classmethod
    def from_networkx(cls, graph: Any, weight: str | None = "weight") -> Graph:
        """A graph from a NetworkX graph; an undirected edge becomes a link each way. Attributes become properties."""
        from focusmesh.engine.graph.conversion import from_networkx

        return from_networkx(cls, graph, weight)

    @classmethod
    def from_igraph(cls, graph: Any, weight: str | None = "weight", names: str = "name") -> Graph:
        """A graph from one of python-igraph; an undirected edge becomes a link each way.

        Vertices are called by their attribute ``names`` where they have it, else 0, 1, … Edge attributes ``relation``,
        ``author`` and ``time`` are kept, others are properties. Raises InputError for no graph and for names that
        occur twice.
        """
        from focusmesh.engine.graph.conversion import from_igraph

        return from_igraph(cls, graph, weight, names)

    @classmethod
    def from_scipy(cls, matrix: Any, particles: Iterable[Hashable] | None = None) -> Graph:
        """A graph from a square SciPy sparse matrix or array: entry (i, j) is the link i → j."""
        from focusmesh.engine.graph.conversion import from_scipy

        return from_scipy(cls, matrix, particles)

    @classmethod
    def read(
        cls,
        path: str | PathLike[str],
        *,
        format: str | None = None,
        strict: bool = False,
        exclude: Iterable[str] = (),
        columns: Mapping[str, str] | None = None,
        nfc: bool = False,
        names: str = "id",
        table: str | None = None,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> Graph:
        """A graph from a file or a folder of a known format; ``graph.report`` tells what was read.

        Bad lines are counted and named in the report, or raised by ``strict``. A graph file is opened. With ``nfc``
        accents are composed alike: ``with_normal_names``. ``names="label"`` calls particles of GraphML, GEXF, GML and
        RDF by their labels. ``table`` is a table, view or query of a database, or a sheet. ``threads``: see ``focus``.
        """
        from focusmesh.engine.importers import read_links

        if format is None and str(path).endswith(SUFFIX):
            if names != "id" or table is not None:
                raise InputError(f"{path} has its names: names= and table= are for files to import")
            graph = cls.open(path)
            return graph.with_normal_names() if nfc else graph
        with limited(threads):
            links, report = read_links(
                path,
                format=format,
                strict=strict,
                exclude=exclude,
                columns=columns,
                nfc=nfc,
                names=names,
                table=table,
                progress=progress,
            )
            return cls.from_links(links, report, progress=progress)

    def read_texts(
        self,
        path: str | PathLike[str],
        *,
        format: str | None = None,
        strict: bool = False,
        columns: Mapping[str, str] | None = None,
        nfc: bool = False,
        progress: Progress | None = None,
    ) -> ImportReport:
        """Sets the texts that a file has for particles, such as a table with columns ``particle`` and ``text``.

        Other columns of such a table are properties of the particles. Names go by how they are written: 7 and "7" are
        one, if the graph has either. A particle that the graph has not is added. Links in the file are left aside.
        Raises InputError for a file without texts, and what ``read`` raises. O(n + texts).
        """
        from focusmesh.engine.graph.conversion import add_properties
        from focusmesh.engine.importers import read_links

        columns_read, report = read_links(
            path, format=format, strict=strict, columns=columns, nfc=nfc, progress=progress, for_texts=True
        )  # fmt: skip
        if columns_read.texts is None:
            raise InputError(
                f"{path} has no texts: they are read from a column text beside names, or say columns={{'text': ...}} "
                "(on the command line import it first, with --columns text=...)"
            )
        names = links_layer.names_as_known(columns_read, self.particles)
        self.set_texts(links_layer.texts_by_name(columns_read, self.particles))
        add_properties(self, columns_read.properties, names, links=False)
        return report

    @classmethod
    def open(cls, path: str | PathLike[str], verify: bool = False) -> Graph:
        """A graph from a file made by ``save``, memory-mapped: bytes are read when they are needed.

        Raises DamagedFileError, NewerVersionError or FileError. ``verify`` also checks the digest of every
        section. An index of words that lies beside the file is opened at the first question.
        """
        graph = cls(LinkStore(open_snapshot(path, verify)))
        graph._file = path
        return graph

    def to_table(self) -> Any:
        """All links as an Arrow table (``source``, ``target``, ``weight``, what else they have, and properties)."""
        return links_layer.links_to_arrow(self.links())

    def to_networkx(self) -> Any:
        """A NetworkX DiGraph of the axons; a MultiDiGraph where links have relations, authors or times."""
        from focusmesh.engine.graph.conversion import to_networkx

        return to_networkx(self)

    def to_scipy(self) -> Any:
        """The axons as a SciPy CSR array, entry (i, j) the weight of i → j in particle order."""
        from focusmesh.engine.graph.conversion import to_scipy

        return to_scipy(self.copy())

    def renamed(self, particles: Iterable[Hashable]) -> Graph:
        """The same graph with other names, one a particle; raises InputError unless they are as many and distinct."""
        names = particles if isinstance(particles, Names) else Names.of(particles)
        snapshot = self.snapshot()
        if len(names) != len(snapshot.particles):
            raise InputError(f"{len(names)} names for {len(snapshot.particles)} particles")
        links = snapshot.columns
        renamed = Snapshot(
            names,
            structure=snapshot.structure,
            columns=None if links is None else replace(links, particles=names),
            texts=snapshot.texts,
            properties=snapshot.properties,
        )
        return Graph(LinkStore(renamed, self.report))

    def weighed(
        self, karma: Mapping[Any, float], *, half: float = 1.0, least: float = 0.1
    ) -> Graph:
        """The same graph with each link's weight scaled by its author's karma factor (docs/explanation/attacks.md).

        An author of karma k ≥ 0 counts ``least + (1 − least)·k / (k + half)``; one without karma ``least``.
        Raises InputError for links without authors, negative karma, or half ≤ 0, or least outside of 0 … 1.
        """
        return Graph.from_links(
            links_layer.weigh_by_karma(self.links(), karma, half, least), self.report
        )

    def with_normal_names(self, form: str = "NFC") -> Graph:
        """The same graph with all names in a Unicode normal form; particles whose names become equal are one.

        ``form``: NFC, NFD, NFKC or NFKD; else ParameterError. O(n + m).
        """
        return Graph.from_links(links_layer.normalise_names(self.links(), form), self.report)

    def subgraph(
        self,
        particles: Iterable[Hashable] | None = None,
        *,
        relations: Any = None,
        authors: Any = None,
        since: TimeLike | None = None,
        until: TimeLike | None = None,
    ) -> Graph:
        """A graph of its own of some of the links: those of all that is asked for.

        ``particles``: both ends are among these, its particles, linked or not; without, the ends of links that are
        left. ``relations``, ``authors``: one name or several. ``since`` ≤ time ≤ ``until``, integers or dates. Texts
        stay. Raises UnknownParticleError; ParameterError; InputError where no link has a relation, author or time at
        all. O(n + m).
        """
        filters = Filters(relations, authors, since, until)
        return Graph.from_links(links_layer.select_links(self.links(), filters, particles))

    @staticmethod
    def of_store(store: LinkStore) -> Graph:
        """A graph that has ``store``, which nobody else edits."""
        return Graph(store)

    def copy(self) -> Graph:
        """An independent graph with the same links: what it was made from is shared, since none of it changes.

        O(1) where no edits wait. What one thread asks of a copy is all of one moment.
        """
        return Graph(self._store.copy())

    __copy__ = copy

    def __deepcopy__(self, memo: dict[int, Any]) -> Graph:
        return self.copy()

    def live(
        self,
        params: FocusParams | str | None = None,
        tolerance: float = 1e-6,
        *,
        u: Any = None,
        u0: Any = None,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> LiveFocus:
        """A focus that is certified whenever it is read, while links are added, withdrawn and reweighted through it.

        It edits a graph of its own. Arguments and errors are those of ``focus``.
        """
        from focusmesh.engine.graph.live_focus import LiveFocus

        return LiveFocus(self, params, tolerance, u=u, u0=u0, threads=threads, progress=progress)

    def compile(
        self,
        context: Iterable[Hashable] | Mapping[Any, float] | None = None,
        params: FocusParams | str | None = None,
        *,
        form: str = "auto",
        layers: int | None = None,
        tolerance: float = 1e-3,
        rank: int | None = None,
        method: str = "exact",
        beta: float = 0.5,
        count: int = 256,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> CompiledModel:
        """The graph as a transformer: weights worked out from links, an answer for any context, a file for ONNX.

        ``context`` limits it to the ``count`` particles of most focus from there. ``form``: ``"dense"`` attention (at
        most 4,096 particles) or lists of links, ``"edges"``; ``"auto"`` takes what is faster. ``layers``: by default so
        many that the L1 error of every answer is at most ``tolerance``. With ``method`` ``"svd"``, ``"nmf"`` or
        ``"sparse+lowrank"`` one head of ``rank`` stands for all; ``"edges"`` have ``"svd"`` alone. ``beta`` is the
        share of a context in the teleport. What it is off by is measured and stands in ``report``.

        Raises InputError for a graph without particles, names that cannot be saved, and weights above 2 GB;
        ParameterError; UnknownParticleError. O(m log m), and a certified solve for each of some contexts to measure.
        """
        from focusmesh.engine.compile import compile_graph

        with limited(threads):
            return compile_graph(
                self.copy(),
                context,
                params,
                form=form,
                layers=layers,
                tolerance=tolerance,
                rank=rank,
                method=method,
                beta=beta,
                count=count,
                progress=progress,
            )

    def plot(
        self,
        centre: Hashable | None = None,
        *,
        kind: str | None = None,
        focus: Focus | None = None,
        count: int | None = None,
        title: str | None = None,
        ax: Any = None,
    ) -> Any:
        """Draws the graph on matplotlib axes, which it returns; needs the extra ``plot``.

        ``kind`` is ``"ego"`` (the neighbours of ``centre``, the default with one), ``"net"`` (what matters most and
        what ties it, the default without) or ``"degree"`` (focus against degree, with the names of outliers).
        ``focus`` (default: ``self.focus()``) gives the sizes; ``count`` says how many particles are named. Raises
        ParameterError for another kind or a kind that does not go with ``centre``, UnknownParticleError.
        """
        from focusmesh.engine.focus import plot_graph

        return plot_graph(
            self.copy(), centre, kind=kind, focus=focus, count=count, title=title, ax=ax
        )

    def __repr__(self) -> str:
        return f"<Graph: {self.particle_count:,} particles, {self.link_count:,} links>"

    def _repr_html_(self) -> str:
        from focusmesh.engine.graph.display import graph_html

        return graph_html(self._store.copy())
