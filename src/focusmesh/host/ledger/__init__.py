"""An open ledger: reads in any process, writes by one, in this process or by way of the node that runs.

Its README says where to start reading, and what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from focusmesh.lazy import lazily

if TYPE_CHECKING:
    from focusmesh.host.ledger.erasure import Forgotten as Forgotten
    from focusmesh.host.ledger.key_rotation import Rotated as Rotated
    from focusmesh.host.ledger.key_rotation import Rotation as Rotation
    from focusmesh.host.ledger.ledger import OpenLedger as OpenLedger
    from focusmesh.host.ledger.ledger import open as open
    from focusmesh.host.ledger.link_import import Imported as Imported
    from focusmesh.host.ledger.link_import import import_links as import_links
    from focusmesh.host.ledger.pins import kept_square as kept_square
    from focusmesh.host.ledger.pins import open_pin as open_pin
    from focusmesh.host.ledger.pins import open_pins as open_pins
    from focusmesh.host.ledger.pins import pin_progress as pin_progress
    from focusmesh.host.ledger.pins import proof_of as proof_of
    from focusmesh.host.ledger.rule_changes import change_operation as change_operation
    from focusmesh.host.ledger.rule_changes import check_can_change as check_can_change
    from focusmesh.host.ledger.rule_changes import open_change as open_change
    from focusmesh.host.ledger.rule_changes import open_changes as open_changes
    from focusmesh.host.ledger.rule_changes import own_release as own_release
    from focusmesh.host.ledger.rule_changes import read_digest as read_digest
    from focusmesh.host.ledger.rule_changes import readiness as readiness
    from focusmesh.host.ledger.rule_changes import rules_in_force as rules_in_force
    from focusmesh.host.ledger.rule_changes import written_agreement as written_agreement
    from focusmesh.host.ledger.rule_changes import written_changes as written_changes
    from focusmesh.host.ledger.statements import joined_statement as joined_statement
    from focusmesh.host.ledger.statements import next_statement as next_statement
    from focusmesh.host.ledger.statements import read_statement_file as read_statement_file
    from focusmesh.host.ledger.statements import signed_weight as signed_weight
else:
    __getattr__, __dir__ = lazily(__name__)
