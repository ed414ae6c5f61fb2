"""Claims about ledgers: signals, blocks, state, receipts, proofs."""
