"""The keys of the state: one leaf of the tree each, never with an empty value. Values: see docs/reference."""

from __future__ import annotations

ROW_PREFIX = b"/graph/row/"
"""‖ source: counts, weight and roots of a particle's links."""
FOCUS_KEY = b"/graph/focus"
SIZE_KEY = b"/graph/size"
"""Counts of particles and links."""
GRID_PREFIX = b"/grid/"
"""Arrays of blocks: how far their histories have come, and their tiles."""
ACCOUNT_PREFIX = b"/token/account/"
"""‖ neuron: its account."""
SUPPLY_KEY = b"/token/supply"
PARAMETERS_KEY = b"/kv/parameters"
BLOB_PREFIX = b"/kv/blob/"
"""‖ digest: who published content, its size, at which height."""
CHANGE_PREFIX = b"/kv/change/"
"""Proposals to change the network's rules, the votes on them, who is ready for them, how far numbers moved lately."""
DELEGATION_PREFIX = b"/kv/delegation/"
"""‖ at/ ‖ validator ‖ neuron: what a neuron gave a validator to vote with. ‖ of/ ‖ neuron: its validators."""
DEPOSIT_PREFIX = b"/kv/deposit/"
"""‖ neuron (its first key) ‖ key: what it locked for the leaf at that key, by the byte."""
EPOCH_KEY = b"/kv/epoch"
"""The epoch of the next block, in networks that can change."""
LINKED_PREFIX = b"/kv/linked/"
"""‖ particle: who locked a deposit for its first link, and how many live links touch it."""
MIGRATION_KEY = b"/kv/migration"
"""How far the migrations of a change have come, as long as they go on."""
OPERATIONS_KEY = b"/kv/operations"
"""The set of operations that holds for the next block; absent as long as it is that of the genesis."""
FORGOTTEN_PREFIX = b"/kv/forgotten/"
"""‖ digest: who had it forgotten, at which height."""
PROPERTY_PREFIX = b"/kv/property/"
"""‖ particle ‖ neuron ‖ name: a value that a neuron gave a particle."""
KEY_PREFIX = b"/kv/key/"
"""‖ old neuron: the neuron that it was rotated to ‖ the first of the chain, where the newest is."""
VALIDATOR_PREFIX = b"/kv/validators/"
"""‖ neuron (its first key): what it has bonded, and what of that is on its way back."""
POOL_PREFIX = b"/kv/pool/"
"""‖ at/ ‖ validator (its first key): what is delegated to it, its commission, and what a unit of that earned.

‖ period/ and ‖ exit/: slashes that somebody did not carry over yet, and what left the pool lately."""
PRESENCE_PREFIX = b"/kv/presence/"
"""‖ validator (its first key): when it was last seen at work."""
PRICE_KEY = b"/kv/price"
"""The base price of a unit, and the units of the present interval."""
SLASH_PREFIX = b"/kv/slash/"
"""Who was found guilty lately, of how much stake: what the next one loses depends on it."""
STATEMENT_KEY = b"/kv/statement"
"""What more than two thirds stated off chain, such as a halt, where it holds still."""
PIN_PREFIX = b"/pin/"
"""‖ id: what a pin was offered for, who keeps it, and how far it has come."""

PREFIXES = (
    FOCUS_KEY,
    ROW_PREFIX,
    SIZE_KEY,
    GRID_PREFIX,
    BLOB_PREFIX,
    CHANGE_PREFIX,
    DELEGATION_PREFIX,
    DEPOSIT_PREFIX,
    EPOCH_KEY,
    FORGOTTEN_PREFIX,
    KEY_PREFIX,
    LINKED_PREFIX,
    MIGRATION_KEY,
    OPERATIONS_KEY,
    PARAMETERS_KEY,
    POOL_PREFIX,
    PRESENCE_PREFIX,
    PRICE_KEY,
    PROPERTY_PREFIX,
    SLASH_PREFIX,
    STATEMENT_KEY,
    VALIDATOR_PREFIX,
    PIN_PREFIX,
    ACCOUNT_PREFIX,
    SUPPLY_KEY,
)
"""Every key of a state begins with one of these, ascending."""
