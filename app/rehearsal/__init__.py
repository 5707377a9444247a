"""The built-in fake internet: a name server and scripted mail servers on loopback addresses."""
