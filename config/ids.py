"""Primary keys in the order of time, so that a list pages by its key."""

import uuid

import uuid_utils.compat


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562): a later id is greater, so newest first is one descending index scan."""
    return uuid_utils.compat.uuid7()
