"""What is measured on: graphs, ledgers, networks of processes, made from fixed seeds."""
