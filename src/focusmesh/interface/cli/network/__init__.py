"""Commands of a network: servers, light clients, localnets, availability, fraud.

May import: interface.cli.shared, interface.cli.ledger.
Start reading at serve.py.
"""

from __future__ import annotations
