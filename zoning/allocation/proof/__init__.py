"""How good an allocation is, and which rules cannot hold together."""
