"""Claims about networks of nodes: agreement, gossip, catching up, attacks."""
