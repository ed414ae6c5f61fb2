"""The explorer: a page that asks the HTTP routes, draws the graph and verifies receipts in the browser, as built files.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.interface.web.bundle import CONTENT_SECURITY_POLICY as CONTENT_SECURITY_POLICY
from focusmesh.interface.web.bundle import BundledFile as BundledFile
from focusmesh.interface.web.bundle import files as files
