"""The words of names and texts: BM25 by tantivy, in memory or in a folder."""

from __future__ import annotations

import json
import re
import unicodedata
import weakref
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from blake3 import blake3

from focusmesh.engine.recall.compounds import is_path, join_pairs, own_name, split_compounds
from focusmesh.engine.recall.document_slots import Seating
from focusmesh.engine.support.progress import Progress, Throttle
from focusmesh.errors import FileError, MissingExtraError, NewerVersionError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from focusmesh.engine.recall.document_slots import Followed
    from focusmesh.engine.recall.documents import Documents
    from focusmesh.engine.support.arrays import FloatArray, OffsetArray

_HEAP_BYTES = 64_000_000
_LONGEST_WORD = 100
_STOPPED = {
    *("danish", "dutch", "english", "finnish", "french", "german", "hungarian", "italian"),
    *("norwegian", "portuguese", "russian", "spanish", "swedish"),
}
"""Languages whose stop words tantivy knows."""
_ASKING = (
    *("about", "am", "any", "can", "could", "did", "do", "does", "from", "had", "has", "have"),
    *("how", "i", "me", "my", "our", "should", "some", "than", "us", "we", "were", "what", "when"),
    *("where", "which", "who", "whom", "whose", "why", "would", "you", "your"),
)
"""What English questions are put with, which tantivy's list leaves in."""
_TIES = 4
"""So many times more are asked for than wanted, to put equal scores into the order of particles."""
_UNSPACED = re.compile(
    "[\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003fffd]+"
)
"""Han, kana and Hangul."""
_SEAT = "particle"
"""What the first version called it, so that its folders can be opened and made anew."""
_STAMP, _SEATS, _VERSION = "focusmesh.json", "focusmesh.seats", 5


class WordIndex:
    """Documents by their seats. ``change`` writes, ``moment`` gives what later changes leave alone."""

    def __init__(self, path: Path | None, language: str | None, *, read_only: bool = False) -> None:
        """``path``: a folder to keep it in. Raises MissingExtraError, ParameterError for a language without stems.

        ``read_only``: it is asked as it was when it was opened, whatever becomes of the folder.
        """
        self._tantivy = _tantivy()
        self._path, self._language = path, language
        self.is_read_only = read_only
        self._analyzer = _analyzer(self._tantivy, language)
        self._questions = _analyzer(self._tantivy, language, stopping=True)
        self._spelling = _analyzer(self._tantivy, None)
        self._schema = _schema(self._tantivy)
        self._index = self._open()
        self._commit: int | None = None

    @property
    def is_stored(self) -> bool:
        """Whether it is in a folder."""
        return self._path is not None

    def seating(self) -> Seating | None:
        """Who sits where in the folder, as an earlier process left it; None where that is not known."""
        known = self._stamp()
        if self._path is None or known.get("version") != _VERSION:
            return None
        try:
            content = (self._path / _SEATS).read_bytes()
        except OSError:
            return None
        self._commit = self._last_commit()
        if blake3(content).hexdigest() != known.get("seats") or self._commit != known.get("commit"):
            return None
        keys, seats = np.frombuffer(content, dtype="<i8").astype(np.int64).reshape(2, -1)
        return Seating(keys, seats)

    def copy(self) -> WordIndex:
        """The same in a folder of its own, which goes with it."""
        if self._path is None:
            raise ValueError("an index in memory has no folder to copy")
        import shutil
        import tempfile

        folder = Path(tempfile.mkdtemp(prefix="focusmesh-words-"))
        try:
            shutil.copytree(self._path, folder, dirs_exist_ok=True)
            made = WordIndex(folder, self._language)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        weakref.finalize(made, shutil.rmtree, folder, ignore_errors=True)
        return made

    def clear(self) -> None:
        """Leaves nothing in it."""
        if self._path is None:
            self._index = self._open()
            return
        with self._writing() as writer:
            writer.delete_all_documents()

    def change(
        self,
        documents: Documents,
        followed: Followed,
        progress: Progress | None,
    ) -> None:
        """Takes out what is gone, and puts in what is added among ``documents``."""
        gone, seats = followed.gone.tolist(), followed.seating.seats
        throttle = Throttle(progress, "reading texts", len(followed.added), "texts")
        writing = self._writing()
        with writing as writer:
            # Not by term: that leaves documents with a number for a key where they are.
            if gone:
                query = self._tantivy.Query.term_set_query(self._schema, _SEAT, gone)
                writer.delete_documents_by_query(query)
            for count, at in enumerate(followed.added.tolist()):
                name, text = documents.names[at], documents.texts[at]
                if name or text:
                    writer.add_document(self._document(int(seats[at]), name, text))
                throttle.at(count)
        self._commit = writing.commit

    def stamp(self, seating: Seating) -> None:
        """Notes in the folder who sits where now."""
        if self._path is not None:
            content = np.stack((seating.keys, seating.seats)).astype("<i8").tobytes()
            (self._path / _SEATS).write_bytes(content)
            digest = blake3(content).hexdigest()
            stamp = {
                "version": _VERSION,
                "seats": digest,
                "language": self._language,
                # Another process may have written since: these seats are not those of its documents.
                "commit": self._commit,
            }
            (self._path / _STAMP).write_text(json.dumps(stamp) + "\n", encoding="utf-8")

    def moment(self, places: OffsetArray) -> WordMoment:
        """The documents as they are now; ``places``: the particle of each seat."""
        if not self.is_read_only:
            self._index.reload()
        analyzers = self._questions, self._analyzer, self._spelling
        return WordMoment(self._tantivy, self._schema, analyzers, self._index.searcher(), places)

    def _open(self) -> Any:
        path = self._path
        if path is None:
            index = self._tantivy.Index(self._schema)
        else:
            self._verify_language()
            try:
                path.mkdir(parents=True, exist_ok=True)
                index = self._tantivy.Index(self._schema, str(path), reuse=self._is_current())
            except (OSError, ValueError) as error:
                raise FileError(f"{path}: no text index can be kept there: {error}") from error
        index.register_tokenizer("words", self._analyzer)
        if self.is_read_only:
            index.config_reader("Manual")
        return index

    def _is_current(self) -> bool:
        """Whether the folder holds nothing that an earlier version wrote with other fields."""
        return bool(self._stamp().get("version", _VERSION) == _VERSION)

    def _verify_language(self) -> None:
        known = self._stamp()
        if known.get("version", _VERSION) > _VERSION:
            raise NewerVersionError(
                f"{self._path}: a text index of a newer focusmesh; make it elsewhere"
            )
        if known.get("language", self._language) != self._language:
            raise ParameterError(
                f"{self._path}: its stems are those of language={known['language']!r}, not {self._language!r}"
            )

    def _stamp(self) -> dict[str, Any]:
        try:
            content = json.loads((self._path / _STAMP).read_text()) if self._path else {}
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def _last_commit(self) -> int | None:
        """The number of what was last written to the folder, by whomever."""
        if self._path is None:
            return None
        try:
            return int(json.loads((self._path / "meta.json").read_text())["opstamp"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _writing(self) -> _Writing:
        if self._path is not None:
            (self._path / _STAMP).unlink(missing_ok=True)
        return _Writing(self._index, self._path)

    def _document(self, seat: int, name: str, text: str) -> Any:
        document = self._tantivy.Document()
        document.add_unsigned(_SEAT, seat)
        document.add_text("path" if is_path(name) else "name", _plain(split_compounds(name)))
        document.add_text("own", _plain(own_name(name)))
        document.add_text("text", _plain(text))
        return document


class WordMoment:
    """An index as it was at one moment, whatever is written since."""

    def __init__(
        self,
        tantivy: Any,
        schema: Any,
        analyzers: tuple[Any, Any, Any],
        searcher: Any,
        places: OffsetArray,
    ) -> None:
        """``analyzers``: one that leaves stop words out, one that does not, one that leaves words their endings too.

        ``places``: the particle of each seat.
        """
        self._tantivy, self._schema, self._places = tantivy, schema, places
        self._analyzers, self._searcher = analyzers, searcher

    def words(self, question: str) -> list[str]:
        """The words of a question as the index knows them, each once; stop words where there are no others."""
        text = _plain(split_compounds(question))
        found = (analyzer.analyze(text) for analyzer in self._analyzers[:2])
        return list(dict.fromkeys(next(filter(None, found), [])))

    def spelling(self, text: str) -> list[str]:
        """All words of a text in their order, in lower case, without accents and with their endings."""
        return list(self._analyzers[2].analyze(_plain(text)))

    def says_something(self, text: str) -> bool:
        """Whether it has more than stop words."""
        return bool(self._analyzers[0].analyze(_plain(text)))

    def holding(self, text: str, wanted: int) -> list[int]:
        """Up to ``wanted`` particles with all words of ``text`` in their names, the shortest names first."""
        query, occur = self._tantivy.Query, self._tantivy.Occur
        words = dict.fromkeys(self._analyzers[1].analyze(_plain(text)))
        names = [
            [(occur.Must, query.term_query(self._schema, field, word, "freq")) for word in words]
            for field in ("name", "path")
        ]
        either = [(occur.Should, query.boolean_query(terms)) for terms in names]
        particles, _ = self._best(query.boolean_query(either), wanted)
        return [int(particle) for particle in particles]

    def search(
        self, question: str, wanted: int, name_boost: float
    ) -> tuple[OffsetArray, FloatArray]:
        """The ``wanted`` particles of the highest BM25 and their scores; equal scores by particle."""
        particles, scores = self._best(self._query(question, name_boost), _TIES * wanted)
        order = np.lexsort((particles, -scores))[:wanted]
        return particles[order], scores[order]

    def _best(self, query: Any, wanted: int) -> tuple[OffsetArray, FloatArray]:
        """The particles of the ``wanted`` best documents, as tantivy has them, and their BM25."""
        # tantivy makes room for as many as are asked for, and ends the process where it cannot.
        most = max(1, min(wanted, self._searcher.num_docs))
        hits = self._searcher.search(query, most, count=False).hits
        found = self._searcher.fast_field_values(_SEAT, [address for _, address in hits])
        # Another process may have written to the same folder since: nobody here is in the last seat.
        places = np.append(self._places, -1)
        particles = places[np.minimum(np.array(found, dtype=np.int64), len(places) - 1)]
        scores = np.array([score for score, _ in hits], dtype=np.float64)
        known = particles >= 0
        return particles[known], scores[known]

    def _query(self, question: str, name_boost: float) -> Any:
        """BM25 of all fields. What has every word of the question counts twice: once more as that.

        A name that is a path counts as a text does at least, and a name put together from two words says both. At
        a ``name_boost`` of 0 texts alone count.
        """
        query, occur = self._tantivy.Query, self._tantivy.Occur
        words = self.words(question)
        boosts = {"text": 1.0} | (
            {"name": name_boost, "path": max(1.0, name_boost)} if name_boost else {}
        )
        compounds = self._compounds(question) if name_boost else {}

        def term(field: str, word: str) -> tuple[Any, Any]:
            found = query.term_query(self._schema, field, word, "freq")
            return occur.Should, query.boost_query(found, boosts.get(field, 1.0))

        terms = [term(field, word) for field in boosts for word in words]
        terms += [term("own", compound) for compound in compounds]
        if len(words) > 1:
            saying = [
                [term(field, word) for field in boosts]
                + [term("own", compound) for compound, pair in compounds.items() if word in pair]
                for word in words
            ]
            every = [(occur.Must, query.boolean_query(one)) for one in saying]
            terms.append((occur.Should, query.boolean_query(every)))
        return query.boolean_query(terms)

    def _compounds(self, question: str) -> dict[str, tuple[str, ...]]:
        """What two words of a question make together, as the index knows it, with the two."""
        stem = self._analyzers[1].analyze
        joined = join_pairs(filter(self.says_something, self.spelling(question)))
        return {
            each: tuple(stem(" ".join(pair)))
            for compound, pair in joined.items()
            for each in stem(compound)
        }


class _Writing:
    """A writer of an index for one commit: all of it or nothing."""

    def __init__(self, index: Any, path: Path | None) -> None:
        self.commit: int | None = None
        try:
            self._writer = index.writer(_HEAP_BYTES, 1)
        except ValueError as error:
            raise FileError(
                f"{path}: another process writes to this text index: {error}"
            ) from error

    def __enter__(self) -> Any:
        return self._writer

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.commit = int(self._writer.commit())
            self._writer.wait_merging_threads()
        else:
            self._writer.rollback()


def _tantivy() -> Any:
    try:
        import tantivy
    except ImportError as error:
        raise MissingExtraError("recall", "finding particles by their text") from error
    return tantivy


def _analyzer(tantivy: Any, language: str | None, *, stopping: bool = False) -> Any:
    """Words of letters and digits, in lower case and without accents, cut to their stems; stop words too, or not."""
    kept = tantivy.Filter
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for one in (kept.remove_long(_LONGEST_WORD), kept.lowercase()):
        builder = builder.filter(one)
    if stopping and language in _STOPPED:
        builder = builder.filter(kept.stopword(language))
    if stopping and language == "english":
        builder = builder.filter(kept.custom_stopword(list(_ASKING)))
    builder = builder.filter(kept.ascii_fold())
    if language is not None:
        try:
            builder = builder.filter(kept.stemmer(language))
        except ValueError as error:
            raise ParameterError(
                f"no stems are known for language={language!r}: {error}"
            ) from error
    return builder.build()


def _schema(tantivy: Any) -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field(_SEAT, indexed=True, fast=True)
    for name in ("name", "path", "own", "text"):
        builder.add_text_field(name, stored=False, tokenizer_name="words", index_option="freq")
    return builder.build()


def _plain(text: str) -> str:
    """As the index reads it: in one spelling (NFKC), without half surrogates, which names may hold and UTF-8 cannot.

    What is written without spaces between words (Chinese, Japanese, Korean) becomes its characters and pairs of them.
    """
    if text.isascii():
        return text
    spelt = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode("utf-8"))
    return _UNSPACED.sub(lambda run: f" {' '.join(_pairs(run.group()))} ", spelt)


def _pairs(run: str) -> Iterator[str]:
    """As Lucene's bigrams of such scripts, with the single characters."""
    yield from run
    yield from (one + other for one, other in pairwise(run))
