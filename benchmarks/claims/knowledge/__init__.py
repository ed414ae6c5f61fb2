"""Claims about what is asked of a graph: recall, compiled models, programs, grids."""
