"""How an answer travels: compressed for who accepts that, as a table for who asks for one.

May import: what is beside and below. Start reading at compression.py.
"""

from __future__ import annotations

from focusmesh.interface.server.representation.compression import Compression as Compression
from focusmesh.interface.server.representation.tables import CSV as CSV
from focusmesh.interface.server.representation.tables import CURSOR as CURSOR
from focusmesh.interface.server.representation.tables import table_of as table_of
from focusmesh.interface.server.representation.tables import wants_table as wants_table
