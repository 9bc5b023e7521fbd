"""Spreadsheets and the words that all office files share."""
