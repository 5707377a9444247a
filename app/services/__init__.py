"""Use cases. The window and the command line call the same functions; each takes the session it works in."""
