"""Questions to a finished plan: why, what if, what it costs, how firm."""
