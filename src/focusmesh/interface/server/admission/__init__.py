"""What is looked at before a request costs anything: how it is framed, from which address it comes, how often.

May import: the standard library alone. Start reading at addresses.py.
"""

from __future__ import annotations

from focusmesh.interface.server.admission.addresses import Proxies as Proxies
from focusmesh.interface.server.admission.addresses import bucket_of as bucket_of
from focusmesh.interface.server.admission.body_length import framing_fault as framing_fault
from focusmesh.interface.server.admission.rates import Rates as Rates
