"""Claims about one graph: building, ranking, contexts, edits, files."""
