"""The protocol of the Picsellia SDK: its paths, bodies and statuses over this product's services.

`routers/` has one module a resource. `auth`, `errors`, `paging` and `requests` are the one place each for who asks,
what a refusal looks like, how lists are cut, and what is done to every request before a router sees it.
"""
