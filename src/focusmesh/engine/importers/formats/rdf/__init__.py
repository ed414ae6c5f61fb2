"""Formats of RDF: statements a line, and documents that a library turns into such.

May import what other formats may, and ``rdf_lines``. Start reading at n_quads.py.
"""

from __future__ import annotations
