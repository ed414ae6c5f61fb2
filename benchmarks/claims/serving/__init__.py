"""Claims about servers: answers a second, bodies that are large to read, the explorer."""
