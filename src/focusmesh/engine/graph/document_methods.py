"""Graphs of documents: made of texts, and asked for the words that a link stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from focusmesh.engine import links as links_layer
from focusmesh.engine.graph.questions import Questions
from focusmesh.engine.links import LinkStore

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable
    from os import PathLike

    from focusmesh.engine.documents import DocumentParams, Extract
    from focusmesh.engine.recall import Evidence
    from focusmesh.engine.support.progress import Progress


class DocumentMethods(Questions):
    """What a Graph has for documents."""

    @classmethod
    def from_documents(
        cls,
        documents: Any,
        *,
        params: DocumentParams | None = None,
        extract: Extract | None = None,
        strict: bool = False,
        exclude: Iterable[str] = (),
        kept: str | PathLike[str] | None = None,
        progress: Progress | None = None,
    ) -> Self:
        """A graph whose particles are passages, with links from each to what its words name; ``report`` tells of it.

        ``documents``: a file or folder, a list of them (text, Markdown, HTML, PDF, JSON lines, mail boxes, exports of
        chats), or mappings with ``name``, ``text`` and perhaps ``title``, ``aliases``, ``time`` and ``links``. Long
        texts are cut into passages. A passage ``mentions`` what is called by words in it: particles by their names,
        titles, aliases and headings. ``contains`` and ``next`` lead to parts and on. Another name of a particle is one
        too, with a link ``alias`` that weighs nothing. ``extract``: a function from a passage to phrases, or triples of
        subject, relation and object, such as a model finds. ``kept``: a file in which readings are kept, so that only
        files that changed are read again.

        What cannot be read is counted and named, or raised by ``strict``. Raises InputError for items that are none and
        where there is no text; FileError; ParameterError; MissingExtraError for HTML and PDF without the extra
        ``documents``. O(characters), and about three times their memory.
        """
        from focusmesh.engine.documents import document_links

        columns, report = document_links(
            documents,
            params=params,
            extract=extract,
            strict=strict,
            exclude=exclude,
            kept=kept,
            progress=progress,
        )
        return cls(LinkStore(links_layer.snapshot_from_columns(columns, progress), report))

    def evidence(self, source: Hashable, target: Hashable) -> list[Evidence]:
        """The places in the text of ``source`` that name ``target``, in their order.

        Found anew in the text as it stands; empty where the graph has no mentions. Raises UnknownParticleError.
        """
        from focusmesh.engine.recall import evidence_of

        moment = self._moment()
        return evidence_of(moment, moment.index(source), moment.index(target))
