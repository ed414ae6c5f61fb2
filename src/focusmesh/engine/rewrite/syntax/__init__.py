"""The text form of programs: tokens, terms, and the reader that makes terms of text.

May import: focusmesh.errors, rewrite.words.
Start reading at parser.py, then term_reader.py.
"""

from __future__ import annotations
