"""Commands that make a graph of documents."""
