"""The language of queries: text becomes a syntax tree, or an error with line, column and remedy.

It imports ``values`` of its siblings. Start reading at ``reader.py``; ``syntax`` has the tree.
"""

from __future__ import annotations

from focusmesh.engine.reasoning.query.language.places import close_hint as close_hint
from focusmesh.engine.reasoning.query.language.places import query_failure as query_failure
from focusmesh.engine.reasoning.query.language.places import text_place as text_place
from focusmesh.engine.reasoning.query.language.reader import read_query as read_query
