"""Measures of graphics cards; each runs by itself as ``python -m benchmarks.cards.NAME``."""
