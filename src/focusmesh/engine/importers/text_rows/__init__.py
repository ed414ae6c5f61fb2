"""Rows of text files: blocks, records, headers, words; plain, and compiled once the input proves large."""

from __future__ import annotations
