"""The command line ``focusmesh``: data to standard output, narration to standard error.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.interface.cli.program import main as main
