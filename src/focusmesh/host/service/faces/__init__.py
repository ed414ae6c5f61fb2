"""What all faces derive their verbs from: the parameters of a question, and the queries and commands of applications.

May import: focusmesh.apps, kernel, what lies beside this folder. Start reading at parameters.py, then applications.py.
"""

from __future__ import annotations
