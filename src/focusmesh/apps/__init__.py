"""Applications: operations on the kernel's rules, each package those of one purpose.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from focusmesh.apps.declaration import NOWHERE as NOWHERE
from focusmesh.apps.declaration import Application as Application
from focusmesh.apps.declaration import Command as Command
from focusmesh.apps.declaration import Places as Places
from focusmesh.apps.declaration import Query as Query
from focusmesh.apps.installed import APPLICATIONS as APPLICATIONS
from focusmesh.apps.installed import applications as applications
