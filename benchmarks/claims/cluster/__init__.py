"""Claims about graphs in parts."""
