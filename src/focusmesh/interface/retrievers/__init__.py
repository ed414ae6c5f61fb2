"""Recall as a retriever of other people's frameworks: langchain.py and llama_index.py, each with its extra.

May import: everything below interface; each framework in its own module alone, which is imported by name.
Start reading at passages.py, then langchain.py.
"""

from __future__ import annotations
