"""Conflicts of plans: an exact partition by what claims each piece, and a matrix of rules on it."""
