"""GraphML, GEXF and GML that are wrong: bad elements are named by line, entities refused, cut files never half read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from focusmesh.engine.importers import read_links
from focusmesh.errors import BadLineError, DamagedFileError, InputError
from tests.engine.importers.files import faults_of, links_of, read_text
from tests.engine.importers.samples import WHOLE

if TYPE_CHECKING:
    from pathlib import Path


def graphml(inside: str) -> str:
    head = '<graphml><key id="w" for="edge" attr.name="weight"/><graph edgedefault="directed">'
    return f'{head}<node id="a"/><node id="b"/>\n{inside}\n</graph></graphml>\n'


def gexf(inside: str) -> str:
    """One line of edges, or of nodes if it says so."""
    head = '<gexf><graph defaultedgetype="directed"><nodes><node id="a"/><node id="b"/></nodes>'
    return f"{head}\n{inside}\n</graph></gexf>\n"


def gml(inside: str) -> str:
    return f'graph [ directed 1 node [ id "a" ] node [ id "b" ]\n{inside}\n]\n'


GRAPHML_EDGE = '<edge source="a" target="b">{}</edge>'
BAD: list[tuple[str, str, str]] = [
    ("graphml", '<edge source="a"/>', "the edge has no target"),
    ("graphml", '<edge source="" target="b"/>', "the source of the edge is empty"),
    ("graphml", '<edge source="a" target="c"/>', "no node 'c' is declared"),
    ("graphml", '<edge source="a" target="b" directed="maybe"/>', "directed is 'maybe'"),
    ("graphml", '<node id="a"/>', "the node 'a' is declared twice"),
    ("graphml", "<node/>", "the node has no id"),
    ("graphml", '<hyperedge><endpoint node="a"/></hyperedge>', "a hyperedge joins any number"),
    ("graphml", GRAPHML_EDGE.format('<data key="w">-1</data>'), "the weight '-1' is negative"),
    ("graphml", GRAPHML_EDGE.format('<data key="w">NaN</data>'), "the weight is NaN"),
    ("graphml", GRAPHML_EDGE.format('<data key="w">INF</data>'), "is infinite"),
    ("graphml", GRAPHML_EDGE.format('<data key="w"/>'), "the weight is empty"),
    ("graphml", '<key id="w"/>', "a key is declared twice: 'w'"),
    ("graphml", '<key for="edge"/>', "a key has no id"),
    ("gexf", '<edges><edge source="a" target="c"/></edges>', "no node 'c' is declared"),
    ("gexf", '<edges><edge target="b"/></edges>', "the edge has no source"),
    ("gexf", '<edges><edge source="a" target="b" type="odd"/></edges>', "the type 'odd'"),
    ("gexf", '<edges><edge source="a" target="b" weight="-2"/></edges>', "is negative"),
    ("gexf", '<edges><edge source="a" target="b" start="soon"/></edges>', "neither an integer"),
    ("gexf", '<nodes><node id="b"/></nodes>', "the node 'b' is declared twice"),
    ("gexf", '<attributes class="edge"><attribute title="x"/></attributes>', "no id or class"),
    ("gml", 'edge [ source "a" ]', "the edge has no target"),
    ("gml", 'edge [ source "a" target "c" ]', "no node 'c' is declared"),
    ("gml", 'edge [ source "a" target "b" weight -1 ]', "the weight '-1' is negative"),
    ("gml", 'edge [ source "a" target "b" weight NAN ]', "the weight is NaN"),
    ("gml", 'edge [ source "a" target "b" weight +INF ]', "is infinite"),
    ("gml", 'edge [ source "a" target "b" weight 1 weight 2 ]', "two values for 'weight'"),
    ("gml", 'edge [ source "a" target "b" label [ x 1 ] weight "x" ]', "is not a number"),
    ("gml", 'node [ id "a" ]', "the node 'a' is declared twice"),
    ("gml", "node [ ]", "the node has no id"),
    ("gml", "directed 2", "directed is '2': not 0 or 1"),
    ("gml", 'edge [ source "a" target "b" weight -1 node [ id 3 ] ]', "a node within a edge"),
]
SHELLS = {"graphml": graphml, "gexf": gexf, "gml": gml}
GOOD = {
    "graphml": '<edge source="a" target="b"/>',
    "gexf": '<edges><edge source="a" target="b"/></edges>',
    "gml": 'edge [ source "a" target "b" ]',
}


@pytest.mark.parametrize(("kind", "line", "reason"), BAD)
def test_bad_elements(tmp_path: Path, kind: str, line: str, reason: str) -> None:
    text = SHELLS[kind](f"{line}\n{GOOD[kind]}")
    columns, report = read_text(tmp_path, f"a.{kind}", text)
    assert (len(columns), list(columns.particles)) == (1, ["a", "b"])
    assert report.bad_count >= 1
    assert {bad.line for bad in report.bad} == {2}
    assert reason in report.bad[0].reason
    with pytest.raises(BadLineError) as raised:
        read_links(tmp_path / f"a.{kind}", strict=True)
    assert raised.value.line == 2


UNDECLARED = [
    ("graphml", GRAPHML_EDGE.format('<data key="z">1</data>'), "no key 'z' is declared"),
    (
        "graphml",
        GRAPHML_EDGE.format('<data key="w">1</data><data key="w">2</data>'),
        "the edge has two data for the key 'w'",
    ),
    (
        "gexf",
        '<edge source="a" target="b"><attvalues><attvalue for="z" value="1"/></attvalues></edge>',
        "no attribute 'z' of an edge is declared",
    ),
]


@pytest.mark.parametrize(("kind", "line", "reason"), UNDECLARED)
def test_values_that_mean_nothing_are_named(
    tmp_path: Path, kind: str, line: str, reason: str
) -> None:
    columns, report = read_text(tmp_path, f"a.{kind}", SHELLS[kind](line))
    assert links_of(columns) == [("a", "b", 1.0)]
    assert faults_of(report) == [(2, reason)]


def test_gml_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "a.gml"
    path.write_bytes(
        b'graph [\nnode [ id 1 label "caf\xe9" ]\nnode [ id 2 ] edge [ source 2 target 2 ] ]\n'
    )
    columns, report = read_links(path)
    assert list(columns.particles) == [2]
    assert faults_of(report) == [(2, "the value of 'label' is not UTF-8")]


BILLION_LAUGHS = """<?xml version="1.0"?>
<!DOCTYPE graphml [
 <!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
]>
<graphml><graph edgedefault="directed"><node id="&lol2;"/></graph></graphml>
"""
EXTERNAL = """<?xml version="1.0"?>
<!DOCTYPE graphml [ <!ENTITY secret SYSTEM "{}"> ]>
<graphml><graph edgedefault="directed"><node id="a"><data>&secret;</data></node></graph></graphml>
"""
SKIPPED = """<!DOCTYPE graphml SYSTEM "http://example.org/graphml.dtd">
<graphml><graph edgedefault="directed"><node id="a"/>&secret;</graph></graphml>
"""


def test_entities_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret", encoding="utf-8")
    with pytest.raises(InputError, match=r"a\.graphml:3: the file declares the entity 'lol'"):
        read_text(tmp_path, "a.graphml", BILLION_LAUGHS)
    with pytest.raises(InputError, match=r":2: the file declares the entity 'secret'"):
        read_text(tmp_path, "a.graphml", EXTERNAL.format(secret))
    with pytest.raises(InputError, match=r":2: the file uses the entity 'secret'"):
        read_text(tmp_path, "a.graphml", SKIPPED)
    hidden = SKIPPED.replace('"a"/>&secret;', '"a&secret;"/>')
    with pytest.raises(InputError, match="the file uses the entity 'secret'"):
        read_text(tmp_path, "a.graphml", hidden)
    columns, _ = read_text(tmp_path, "a.graphml", SKIPPED.replace("&secret;", "&lt;"), strict=True)
    assert list(columns.particles) == ["a"]


@pytest.mark.parametrize("kind", WHOLE)
def test_cut_files(tmp_path: Path, kind: str) -> None:
    text = WHOLE[kind].rstrip()
    for end in range(len(text) // 3, len(text) - 1, 7):
        with pytest.raises((DamagedFileError, InputError), match=rf"a\.{kind}:[0-9]+: not "):
            read_text(tmp_path, f"a.{kind}", text[:end])


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.graphml", "<gexf/>", "its first element is <gexf>, where <graphml> is expected"),
        ("a.graphml", "a b\n", "not well-formed XML"),
        ("a.gexf", "", "no element found"),
        ("a.gml", "<gml/>", "not GML: '<gml/>' where a key is expected"),
        ("a.gml", "graph [ ] ]", "where a key is expected"),
        ("a.gml", "graph ]", "where a key is expected"),
        ("a.gml", 'graph [ node [ id "a', "a quote is opened and not closed"),
        ("a.gml", "graph", "ends in the key 'graph'"),
        ("a.gml", "graph [ edge [ ]\ndirected 1 ]", ":2: the graph says that it is directed after"),
    ],
)
def test_files_of_something_else(tmp_path: Path, name: str, text: str, message: str) -> None:
    with pytest.raises((DamagedFileError, InputError), match=re.escape(message)):
        read_text(tmp_path, name, text)


@pytest.mark.parametrize("encoding", ["U-TF-8", "shift_jis"])
def test_encodings_that_are_not_read(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(InputError, match="convert it to UTF-8 first"):
        read_text(tmp_path, "a.graphml", f'<?xml version="1.0" encoding="{encoding}"?><graphml/>')


def test_other_encodings(tmp_path: Path) -> None:
    text = '<?xml version="1.0" encoding="{}"?><graphml><graph><node id="é"/></graph></graphml>'
    for encoding in ("iso-8859-1", "utf-16", "windows-1252"):
        path = tmp_path / "a.graphml"
        path.write_bytes(text.format(encoding).encode(encoding))
        columns, _ = read_links(path, strict=True)
        assert list(columns.particles) == ["é"]


def test_a_file_that_does_not_say_directed_is_told(tmp_path: Path) -> None:
    edge = '<node id="a"/><node id="b"/><edge source="a" target="b"/>'
    for said, bad, warned in (
        ("", 0, True),
        ('edgedefault="undirected"', 0, False),
        ('edgedefault="dirccted"', 1, False),
    ):
        text = f"<graphml><graph {said}>{edge}</graph></graphml>"
        columns, report = read_text(tmp_path, "a.graphml", text)
        assert (len(columns), report.bad_count, bool(report.warnings)) == (2, bad, warned)
    nodes = '<nodes><node id="a"/><node id="b"/></nodes>'
    for said, warned in (("", True), ('defaultedgetype="undirected"', False)):
        edges = '<edges><edge id="0" source="a" target="b"/></edges>'
        text = f"<gexf><graph {said}>{nodes}{edges}</graph></gexf>"
        columns, report = read_text(tmp_path, "a.gexf", text)
        assert (len(columns), bool(report.warnings)) == (2, warned)
