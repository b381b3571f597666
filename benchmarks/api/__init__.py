"""The API over HTTP, against the production server, with one client and with eight."""

from benchmarks.api.measures import measure

__all__ = ["measure"]
