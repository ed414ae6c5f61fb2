"""Recall as a retriever of other people's frameworks: langchain.py and llama_index.py, each with its extra.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations
