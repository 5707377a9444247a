"""Item models: rows that the database sorts, shown page by page."""
