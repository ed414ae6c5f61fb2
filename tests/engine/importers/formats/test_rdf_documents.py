"""Turtle, TriG, RDF/XML, JSON-LD: what RDFLib writes is read as it was meant; entities, depth, what lies elsewhere."""

from __future__ import annotations

import gzip
import sys
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusmesh.engine.graph import Graph
from focusmesh.engine.importers import read_links
from focusmesh.errors import (
    BadLineError,
    DamagedFileError,
    FocusmeshError,
    InputError,
    MissingExtraError,
)
from tests.engine.importers.formats.test_rdf_lines import quads_of, written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Measured, Needs

XSD = "http://www.w3.org/2001/XMLSchema#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
EX = "http://example.org/"
WRITERS = {"turtle": "a.ttl", "longturtle": "b.ttl", "xml": "a.rdf", "pretty-xml": "b.owl"} | {
    "json-ld": "a.jsonld",
    "trig": "a.trig",
}
Object = tuple[str, str]

iris = st.from_regex(r"http://example\.org/[a-zé0-9/_-]{0,6}", fullmatch=True)
predicates = st.from_regex(r"http://example\.org/terms#[a-z]{1,3}", fullmatch=True)
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")) | st.just("\n"),
    max_size=8,
)
kinds = st.sampled_from(["", "@en", "@de-at", f"^^<{EX}kind>"])
objects = iris.map(lambda iri: ("", iri)) | st.tuples(texts, kinds).map(
    lambda pair: (pair[0], f'"{pair[0]}"{pair[1]}')
)


@pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")
@pytest.mark.parametrize("writer", WRITERS)
def test_what_rdflib_writes(tmp_path: Path, needs: Needs, writer: str) -> None:
    rdflib = needs("rdflib")
    path = tmp_path / WRITERS[writer]

    @given(rows=st.lists(st.tuples(iris, predicates, objects), min_size=1, max_size=8))
    def holds(rows: list[tuple[str, str, Object]]) -> None:
        graph = rdflib.Graph() if writer != "trig" else rdflib.Dataset()
        for source, predicate, (text, name) in rows:
            graph.add((rdflib.URIRef(source), rdflib.URIRef(predicate), term(rdflib, text, name)))
        graph.serialize(path, format=writer, encoding="utf-8")
        columns, report = read_links(path, strict=True)
        assert set(quads_of(columns)) == {(s, p, name, "") for s, p, (_, name) in rows}
        assert report.bad_count == 0
        columns.verify()

    holds()


def term(rdflib: Any, text: str, name: str) -> Any:
    if not name.startswith('"'):
        return rdflib.URIRef(name)
    rest = name[len(text) + 2 :]
    if rest.startswith("@"):
        return rdflib.Literal(text, lang=rest[1:])
    return rdflib.Literal(text, datatype=rdflib.URIRef(rest[3:-1]) if rest else None)


TURTLE = """@prefix ex: <http://example.org/> .
@base <http://example.org/base/> .
# a comment
ex:ada a ex:Author ; ex:wrote <notes>, "Notes"@EN , \"\"\"two
lines\"\"\" ; ex:born 1815 .
[] ex:cites ( <notes> ) .
_:b1 ex:likes _:x .
"""


def test_turtle_with_all_its_abbreviations(tmp_path: Path) -> None:
    columns, report = read_links(written(tmp_path, "a.ttl", TURTLE), strict=True)
    assert [quad[:3] for quad in quads_of(columns)] == [
        (f"{EX}ada", f"{RDF}type", f"{EX}Author"),
        (f"{EX}ada", f"{EX}wrote", f"{EX}base/notes"),
        (f"{EX}ada", f"{EX}wrote", '"Notes"@en'),
        (f"{EX}ada", f"{EX}wrote", '"two\nlines"'),
        (f"{EX}ada", f"{EX}born", f'"1815"^^<{XSD}integer>'),
        # The label b1 is taken, so that nodes without one begin at b2.
        ("_:b2", f"{RDF}first", f"{EX}base/notes"),
        ("_:b3", f"{EX}cites", "_:b2"),
        ("_:b2", f"{RDF}rest", f"{RDF}nil"),
        ("_:b1", f"{EX}likes", "_:x"),
    ]
    assert (report.line_count, report.link_count) == (7, 9)
    assert columns.authors is None


def test_the_same_document_is_the_same_graph(tmp_path: Path) -> None:
    path = written(tmp_path, "a.ttl", TURTLE)
    assert Graph.read(path).root == Graph.read(path).root
    squeezed = written(tmp_path, "a.ttl.gz", gzip.compress(TURTLE.encode()))
    assert Graph.read(squeezed).root == Graph.read(path).root


def test_named_graphs_are_authors(tmp_path: Path) -> None:
    trig = "@prefix e: <http://e/> . e:g { e:a e:p e:b } _:h { e:b e:p e:c } { e:c e:p e:a }"
    columns, _ = read_links(written(tmp_path, "a.trig", trig), strict=True)
    assert [quad[3] for quad in quads_of(columns)] == ["http://e/g", "_:h", ""]
    blank = "@prefix e: <http://e/> . [] { [] e:p e:b }"
    columns, _ = read_links(written(tmp_path, "b.trig", blank), strict=True)
    (quad,) = quads_of(columns)
    assert {quad[0], quad[3]} == {"_:b1", "_:b2"}


ONTOLOGY = """<?xml version="1.0"?>
<!DOCTYPE rdf:RDF [ <!ENTITY ex "http://example.org/" > ]>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:ex="http://example.org/">
  <ex:Person rdf:about="&ex;ada"><ex:knows rdf:resource="&ex;bob"/></ex:Person>
</rdf:RDF>
"""


def test_entities_that_abbreviate_namespaces(tmp_path: Path) -> None:
    columns, _ = read_links(written(tmp_path, "a.owl", ONTOLOGY), strict=True)
    assert [quad[:3] for quad in quads_of(columns)] == [
        (f"{EX}ada", f"{RDF}type", f"{EX}Person"),
        (f"{EX}ada", f"{EX}knows", f"{EX}bob"),
    ]


def test_labels(tmp_path: Path) -> None:
    labels = (
        '@prefix s: <http://schema.org/> . <http://e/q1> s:name "Vienna" ; s:in <http://e/q2> .'
    )
    graph = Graph.read(written(tmp_path, "a.ttl", labels), names="label")
    assert graph.weight("Vienna", "http://e/q2") == 1.0


def nested(depth: int) -> str:
    inner = "<e:p><rdf:Description>" * depth + "</rdf:Description></e:p>" * depth
    head = f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:e="http://e/"><rdf:Description>'
    return f"{head}{inner}</rdf:Description></rdf:RDF>"


BOMB = ONTOLOGY.replace(
    '"http://example.org/" >', '"http://example.org/" ><!ENTITY b "&ex;&ex;&ex;&ex;">'
)
REFUSED: list[tuple[str, str, type[Exception], str]] = [
    ("a.ttl", "@prefix e: <http://e/> .\ne:a e:b .\n", InputError, r"a\.ttl:2: not Turtle: \. is"),
    ("a.ttl", "<a> <b> <c> .", InputError, r"a\.ttl:1: .* names no base: name one"),
    ("a.ttl", "<http://e/a> <http://e/b> 'x", InputError, r"a\.ttl:1: not Turtle"),
    ("a.ttl", "\ufeff", InputError, r"is empty|has no links"),
    ("a.trig", "@prefix e: <http://e/> . e:g { e:a e:b e:c ", InputError, r"a\.trig:1: not TriG"),
    ("a.rdf", ONTOLOGY.replace("</ex:P", "</P"), DamagedFileError, r"a\.rdf:4: not well-formed"),
    ("a.rdf", "<a/>", InputError, r"not RDF/XML"),
    ("a.rdf", BOMB, InputError, r"a\.rdf:2: the entity 'b' stands for others"),
    ("a.rdf", ONTOLOGY.replace("mple", "m" * 257), InputError, r"the entity 'ex' .* 256 bytes"),
    ("a.rdf", ONTOLOGY.replace("ex ", "ex SYSTEM "), InputError, r"'ex' is read from elsewhere"),
    ("a.rdf", nested(600), InputError, r"nested deeper than 1,000"),
    ("a.jsonld", '{"@context":"http://e/", "@id":"http://e/a"}', InputError, r"nothing is fetched"),
    ("a.jsonld", '{"@id": }', InputError, r"a\.jsonld:1: not JSON-LD"),
    ("a.jsonld", '{"name": "x"}', InputError, r"is empty|has no links"),
]


@pytest.mark.parametrize(("name", "text", "error", "reason"), REFUSED)
def test_what_is_refused(
    tmp_path: Path, name: str, text: str, error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        read_links(written(tmp_path, name, text))


def test_elements_as_deep_as_may_be(tmp_path: Path) -> None:
    columns, _ = read_links(written(tmp_path, "a.rdf", nested(499)), strict=True)
    assert len(columns) == 499


def test_a_statement_about_a_statement_is_refused_and_the_others_read(tmp_path: Path) -> None:
    text = (
        "@prefix e: <http://e/> .\ne:a e:b e:c .\ne:a e:says <<( e:a e:b e:c )>> .\ne:c e:b e:a .\n"
    )
    path = written(tmp_path, "a.ttl", text)
    columns, report = read_links(path)
    assert len(columns) == 2
    (bad,) = report.bad
    assert bad.reason.startswith("statement 2 of the document: ")
    assert "RDF 1.2" in bad.reason
    with pytest.raises(BadLineError, match="statement 2"):
        read_links(path, strict=True)


def test_the_first_links_are_read_alone(tmp_path: Path) -> None:
    lines = "".join(f"<http://e/{i}> <http://e/p> <http://e/{i + 1}> .\n" for i in range(40_000))
    columns, report = read_links(written(tmp_path, "a.ttl", lines), first=3)
    assert len(columns) == 3
    assert report.line_count < 40_000


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyoxigraph", None)
    with pytest.raises(MissingExtraError, match=r"focusmesh\[rdf\]"):
        read_links(written(tmp_path, "a.ttl", TURTLE))


PLAIN = {
    "turtle": (
        "a.ttl",
        "@prefix e: <http://e/> .\ne:a e:p e:b , 'text' ; e:q \"x\\ny\"@en .\n<http://e/c> e:p e:a .\n",
    ),
    "xml": (
        "a.rdf",
        ONTOLOGY.replace('resource="&ex;bob"/>', "resource='&ex;bob'/><ex:p>x &amp; y</ex:p>"),
    ),
    "json-ld": (
        "a.jsonld",
        """{"@context": {"e": "http://e/", "p": {"@id": "e:p", "@type": "@id"}, "name": "e:name"},
 "@id": "e:a", "p": ["e:b", "e:c"], "name": "Ada"}
""",
    ),
}
PIECES = [
    b"<",
    b">",
    b'"',
    b"'",
    b";",
    b",",
    b".",
    b"[",
    b"]",
    b"{",
    b"}",
    b":",
    b"\xff",
    b"\n",
    b"a",
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("language", PLAIN)
def test_mutated_documents_are_read_as_rdflib_reads_them_or_refused(
    tmp_path: Path, needs: Needs, measured: Measured, language: str
) -> None:
    rdflib = needs("rdflib")
    name, text = PLAIN[language]
    path, random = tmp_path / name, Random(7)
    counts = {"same": 0, "told": 0, "rdflib refuses": 0}
    for _ in range(300):
        data = text.encode()
        for _ in range(random.choice((1, 1, 2))):
            # RDFLib reads contexts as JSON-LD 1.0 has them: those are left as they are.
            first = data.index(b"\n") if language == "json-ld" else 0
            at, length = random.randrange(first, len(data) + 1), random.choice((0, 1, 2, 5))
            data = data[:at] + random.choice((*PIECES, b"")) + data[at + length :]
        path.write_bytes(data)
        told = ""
        try:
            columns, report = read_links(path)
        except FocusmeshError as error:
            told = str(error)
        if told:
            assert name in told
            counts["told"] += 1
            continue
        columns.verify()
        found = {quad[:3] for quad in quads_of(columns)}
        peers = parsed(rdflib, data, language)
        if peers is None:
            counts["rdflib refuses"] += 1
            continue
        blank = any(cell.startswith("_:") for statement in found for cell in statement)
        same = len(found) == len(peers) if blank else found == peers
        # JSON-LD has it that a property whose IRI is none is no statement; RDFLib makes one.
        fewer = found < peers or (blank and len(found) < len(peers))
        assert same or (language == "json-ld" and fewer) or report.bad_count, data
        counts["same"] += same
    assert counts["same"] >= 15
    measured(f"mutated {language}: {counts}")


def parsed(rdflib: Any, data: bytes, language: str) -> set[tuple[str, str, str]] | None:
    """The statements that RDFLib reads, or None where it refuses."""
    try:
        return {named(row) for row in rdflib.Graph().parse(data=data, format=language)}
    except Exception:
        return None


def named(row: tuple[Any, Any, Any]) -> tuple[str, str, str]:
    """The terms of a statement of RDFLib's as they are called here."""
    source, predicate, target = row
    return str(source), str(predicate), called(target)


def called(term: Any) -> str:
    if not hasattr(term, "language"):
        return str(term)
    if term.language:
        return f'"{term}"@{term.language.lower()}'
    is_string = term.datatype is None or str(term.datatype) == f"{XSD}string"
    return f'"{term}"' if is_string else f'"{term}"^^<{term.datatype}>'
