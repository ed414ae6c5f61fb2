"""Formats of tables and arrays that are no text: Parquet and Arrow, databases, spreadsheets, archives of NumPy.

May import what other formats may, and ``typed_rows``. Start reading at columnar.py.
"""

from __future__ import annotations
