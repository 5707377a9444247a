"""Data of the program: rule tables, providers, icons, translations."""
