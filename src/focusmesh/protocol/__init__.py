"""What crosses the wire or the years: encodings, identities, signals; the same bytes on every machine.

May import: nothing of focusmesh but errors and ids.
Start reading at signal.py, then codec/ and identity/.
"""

from __future__ import annotations
