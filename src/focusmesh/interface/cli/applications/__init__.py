"""Commands of the applications, made of what these declare; the program looks for them where it has no command itself.

May import: host.service, interface.cli.shared.
Start reading at program_group.py, then verb_command.py.
"""

from __future__ import annotations
