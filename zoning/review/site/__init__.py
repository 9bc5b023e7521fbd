"""One place, all rules: what lies there, what it asks of every account, and what may come there."""
