"""What is administered, and the wiring: database, use cases, command line, rehearsal network."""
