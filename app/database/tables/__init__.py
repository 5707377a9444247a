"""The tables, by subject; :mod:`app.database.schema` has them all."""
