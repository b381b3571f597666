"""Bodies in which everything may be left out."""

from pydantic import BaseModel


class Change(BaseModel):
    """What is to be another. No ninja schema: that would take a list or a number for an object that says nothing."""
