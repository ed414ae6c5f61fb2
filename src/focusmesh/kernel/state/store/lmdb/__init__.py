"""The store on disk: LMDB, its tables, its lock, and the checks of its file.

May import: lmdb, what lies beside this folder.
Start reading at lmdb_store.py.
"""

from __future__ import annotations
