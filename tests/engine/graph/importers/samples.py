"""One file of each graph format, with all that it may say in it."""

from __future__ import annotations

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
