"""Schema, migrations, the single writer, paged reads, and the engine's ports over them."""
