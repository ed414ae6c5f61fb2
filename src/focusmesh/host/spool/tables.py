"""The tables of a spool. ``ready`` numbers the signals whose turn can come, in order; it is null for early ones."""

from __future__ import annotations

from focusmesh.kernel.admission import NEWCOMER, SERVICE

SCHEMA = """
CREATE TABLE IF NOT EXISTS signals (
    id BLOB PRIMARY KEY,
    neuron BLOB NOT NULL,
    nonce INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    tip INTEGER NOT NULL,
    size INTEGER NOT NULL,
    ready INTEGER,
    since INTEGER NOT NULL,
    packet BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS signals_by_neuron ON signals (neuron, nonce);
CREATE UNIQUE INDEX IF NOT EXISTS signals_ready ON signals (ready) WHERE ready IS NOT NULL;
CREATE INDEX IF NOT EXISTS signals_early ON signals (neuron, nonce) WHERE ready IS NULL;

CREATE TABLE IF NOT EXISTS contents (
    content BLOB NOT NULL, signal BLOB NOT NULL, PRIMARY KEY (signal, content)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS contents_by_name ON contents (content);

CREATE TABLE IF NOT EXISTS totals (
    neuron BLOB PRIMARY KEY,
    signals INTEGER NOT NULL,
    early INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    tips INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS reasons (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, signal BLOB NOT NULL, code TEXT NOT NULL, message TEXT NOT NULL,
    UNIQUE (kind, signal)
);

CREATE TABLE IF NOT EXISTS promises (signal BLOB PRIMARY KEY, by INTEGER NOT NULL, promise BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS promises_by_height ON promises (by);

CREATE TABLE IF NOT EXISTS counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT OR IGNORE INTO counts VALUES ('ready', 0), ('kept', 0), ('broken', 0), ('weight', 0);
INSERT OR IGNORE INTO totals VALUES (x'', 0, 0, 0, 0);

CREATE TABLE IF NOT EXISTS weights (neuron BLOB PRIMARY KEY, weight INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kinds (
    signal BLOB PRIMARY KEY, kind BLOB NOT NULL, size INTEGER NOT NULL, tip INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TRIGGER IF NOT EXISTS signal_added AFTER INSERT ON signals BEGIN
    INSERT INTO totals VALUES (NEW.neuron, 1, NEW.ready IS NULL, NEW.size, NEW.tip)
    ON CONFLICT (neuron) DO UPDATE SET
        signals = signals + 1, early = early + (NEW.ready IS NULL), bytes = bytes + NEW.size,
        tips = min(tips + NEW.tip, 4611686018427387904);
    UPDATE totals SET
        signals = signals + 1, early = early + (NEW.ready IS NULL), bytes = bytes + NEW.size
    WHERE neuron = x'';
END;
CREATE TRIGGER IF NOT EXISTS signal_gone AFTER DELETE ON signals BEGIN
    UPDATE totals SET
        signals = signals - 1, early = early - (OLD.ready IS NULL), bytes = bytes - OLD.size,
        tips = max(tips - OLD.tip, 0)
    WHERE neuron = OLD.neuron;
    UPDATE totals SET
        signals = signals - 1, early = early - (OLD.ready IS NULL), bytes = bytes - OLD.size
    WHERE neuron = x'';
    DELETE FROM totals WHERE neuron = OLD.neuron AND signals = 0 AND neuron != x'';
    DELETE FROM contents WHERE signal = OLD.id;
END;
CREATE TRIGGER IF NOT EXISTS signal_left AFTER DELETE ON signals BEGIN
    DELETE FROM kinds WHERE signal = OLD.id;
    DELETE FROM weights WHERE neuron = OLD.neuron
    AND NOT EXISTS (SELECT 1 FROM signals WHERE neuron = OLD.neuron);
END;
CREATE TRIGGER IF NOT EXISTS weight_added AFTER INSERT ON weights BEGIN
    UPDATE counts SET value = min(value + NEW.weight, 4611686018427387904) WHERE name = 'weight';
END;
CREATE TRIGGER IF NOT EXISTS weight_gone AFTER DELETE ON weights BEGIN
    UPDATE counts SET value = max(value - OLD.weight, 0) WHERE name = 'weight';
END;
CREATE TRIGGER IF NOT EXISTS kind_added AFTER INSERT ON kinds BEGIN
    INSERT INTO totals VALUES (NEW.kind, 1, 0, NEW.size, NEW.tip)
    ON CONFLICT (neuron) DO UPDATE SET
        signals = signals + 1, bytes = bytes + NEW.size, tips = min(tips + NEW.tip, 4611686018427387904);
END;
CREATE TRIGGER IF NOT EXISTS kind_gone AFTER DELETE ON kinds BEGIN
    UPDATE totals SET signals = signals - 1, bytes = bytes - OLD.size, tips = max(tips - OLD.tip, 0)
    WHERE neuron = OLD.kind;
END;
CREATE TRIGGER IF NOT EXISTS signal_turned AFTER UPDATE OF ready ON signals BEGIN
    UPDATE totals SET early = early + (NEW.ready IS NULL) - (OLD.ready IS NULL)
    WHERE neuron IN (NEW.neuron, x'');
END;
"""
ALL = b""
"""In the place of a neuron: all of them."""
NO_NEURON = bytes(32)
"""In the place of the neuron of a packet that holds no signal: the node refuses it when it reads it."""
KINDS = {SERVICE: b"\x01", NEWCOMER: b"\x02"}
"""In the place of a neuron: all signals in the reserve for a kind."""
WEIGHT_MAX = 1 << 61
"""Weights are kept up to this, in base units: SQLite's numbers end at 2⁶³."""
