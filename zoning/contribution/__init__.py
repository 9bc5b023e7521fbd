"""What a wing hands to a plan: layers, tables, themes, cards, chapters as plain data."""
