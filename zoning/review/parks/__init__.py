"""The register of parks: what must be stated of each, and what the ground says to it."""
