"""One file of each graph format, with all that it may say in it."""

from __future__ import annotations

import io
import sqlite3

import numpy as np

GRAPHML = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:y="http://www.yworks.com/xml/graphml">
  <key id="d0" for="node" attr.name="label" attr.type="string"><default>grey</default></key>
  <key id="d1" for="edge" attr.name="weight" attr.type="double"><default>2.5</default></key>
  <key id="d2" for="all" attr.name="time" attr.type="string"/>
  <graph id="G" edgedefault="undirected">
    <edge source="a" target="b"/>
    <node id="a"><data key="d0">green &amp; <![CDATA[<red>]]></data></node>
    <node id="b"><port name="North"><data key="d0">of a port</data></port>
      <graph edgedefault="directed">
        <node id="b::1"/>
        <node id="b::2"><data key="d0"><y:Node id="x"/>blue</data></node>
        <edge source="b::1" target="b::2" sourceport="North">
          <data key="d1">0.25</data><data key="d2">2024-01-01</data>
        </edge>
      </graph>
    </node>
    <y:edge source="a" target="nowhere"/>
    <edge source="a" target="b::1" directed="true"><data key="d1"> 1 </data></edge>
  </graph>
</graphml>
"""

GEXF = """<?xml version="1.0" encoding="UTF-8"?>
<gexf xmlns="http://gexf.net/1.3" xmlns:viz="http://gexf.net/1.3/viz" version="1.3">
 <graph defaultedgetype="directed" timeformat="date">
  <attributes class="edge"><attribute id="0" title="by" type="string"/>
   <attribute id="1" title="Weight" type="float"><default>9</default></attribute></attributes>
  <attributes class="edge" mode="dynamic"><attribute id="7" title="amount" type="float"/></attributes>
  <attributes class="node"><attribute id="0" title="text" type="string"/></attributes>
  <nodes>
   <node id="0" label="Hello"><viz:color r="1"/><attvalues><attvalue for="0" value="Long text"/></attvalues>
    <nodes><node id="1" label="World"/></nodes></node>
   <node id="2"/>
  </nodes>
  <edges>
   <edge id="0" source="0" target="1" weight="2.4" kind="cites" label="see" start="2009-03-01">
    <attvalues><attvalue for="0" value="ann"/><attvalue for="7" value="1" start="2009"/>
     <attvalue for="7" value="2" start="2010"/></attvalues></edge>
   <edge id="1" source="1" target="2" type="undirected" label="knows"/>
   <edge id="2" source="2" target="0" type="mutual" weight="0"/>
  </edges>
 </graph>
</gexf>
"""

GML = """# a comment with [ and "
Creator "me"
graph [
  comment "This is a sample graph"
  directed 1
  node [ id 1 label
     "One &amp; &#233;&unknown;" graphics [ x 1.5 label "no" label "no" ] ]
  node [ id +02 label 7 ]
  edge [ source 1 target 2 weight 2.5E-1 label "first
line" ]
  edge [ target 2 source 2 ]
]
graph [ node [ id 3 ] edge [ source 1 target 3 value 4 ] ]"""

WHOLE = {"graphml": GRAPHML, "gexf": GEXF, "gml": GML}

PAJEK = """*Network coffee
*Vertices 4
% numbers, labels, places
1 "filter coffee" 0.1 0.2 ellipse
2 caffeine
3 "sleep"
*Arcs :1 "contains"
1 2 2.5 c Blue
2 3
*Edges
3 4 0.5
*Arcslist
4 1 2
"""

NODE_LINK = """{"directed": false, "multigraph": false, "graph": {"made": ["by", "hand"]},
"nodes": [
 {"id": 1, "label": "one", "size": 2.5},
 {"id": "two", "place": {"x": 1}},
 {"id": [3, "x"]}
],
"links": [
 {"source": 1, "target": "two", "weight": 0.25, "type": "knows"},
 {"source": "two", "target": [3, "x"]},
 {"source": 1, "target": 1}
]}
"""

CYTOSCAPE = """{"data": {"name": "coffee"}, "directed": true, "elements": {"nodes": [
 {"data": {"id": "7", "name": "coffee"}, "position": {"x": 0, "y": 1}, "selected": false},
 {"data": {"id": "8", "name": "caffeine"}}],
"edges": [
 {"data": {"id": "9", "source": "7", "target": "8", "interaction": "contains", "weight": 2}}]}}
"""

SIF = "coffee\tcontains\tcaffeine\tfine water\ncaffeine disturbs sleep\ntea\n"

DOT = r"""# from a preprocessor
/* c */ strict digraph "G x" {
  graph [rankdir=LR]; node [shape=box]; rankdir = TB
  edge [weight=2]
  a:p:n -> {b; c [label="See\nsea"]} -> "d \"q\"" [label=knows] // done
  subgraph cluster_0 { edge [weight=5] x -> y; label="box" }
  x -> z; x -> z [weight=7]
  e [label=<a <b>bold</b>>]
  "lo" + "ng" -> -1.5
}
graph { 1 -- 2 -- 3 [weight=.5] }
"""

DRAWN = {"dot": DOT, "net": PAJEK, "json": NODE_LINK, "cyjs": CYTOSCAPE, "sif": SIF}

MTX = """%%MatrixMarket matrix coordinate real general
% a comment

  4 4 3
1 2 0.5
% another
4 1 2e0
2 2 1
"""

METIS = """% the graph with sizes, weights and edge weights
7 11 111 2
1 9 9 5 1 3 2 2 1
1 9 9 1 1 3 2 4 1
1 9 9 5 3 4 2 2 2 1 2
%
1 9 9 2 1 3 2 6 2 7 5
1 9 9 1 1 3 3 6 2
1 9 9 5 2 4 2 7 6
1 9 9 6 6 4 5
"""


def sqlite_file() -> bytes:
    """A database with an index, a view, a table without row ids, and values of all kinds."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        """
        PRAGMA page_size = 512;
        CREATE TABLE links (source, target TEXT, weight REAL, kind TEXT, time);
        INSERT INTO links VALUES (1, 'b', 2.5, 'knows', '2024-05-01'), (x'0001', 'c', 1, NULL, 7);
        CREATE INDEX by_kind ON links (kind);
        CREATE TABLE others (id INTEGER PRIMARY KEY, body TEXT) WITHOUT ROWID;
        INSERT INTO others VALUES (1, hex(zeroblob(400)));
        CREATE VIEW seen AS SELECT source AS a, target AS b FROM links;
        """
    )
    return connection.serialize()


def npz_file() -> bytes:
    """A sparse matrix of three rows, as SciPy saves it."""
    made = io.BytesIO()
    np.savez(
        made,
        indptr=np.array([0, 1, 2, 3], dtype=np.int32),
        indices=np.array([1, 2, 0], dtype=np.int32),
        format=np.array(b"csr"),
        shape=np.array([3, 3]),
        data=np.array([1, 0.5, 2]),
    )
    return made.getvalue()


BINARY = {"sqlite": sqlite_file(), "npz": npz_file()}
