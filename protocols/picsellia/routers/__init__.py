"""One module a resource of the wire contract."""
