"""How long something takes, as people read it. static/js/elapsed.js counts on in the same words."""

from datetime import timedelta

MINUTE, HOUR, DAY = 60, 3_600, 86_400


def in_words(duration: timedelta) -> str:
    """`12 s`, `3 min 12 s`, `1 h 4 min` or `2 d 3 h`."""
    seconds = max(0, int(duration.total_seconds()))
    if seconds < MINUTE:
        return f"{seconds} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min {seconds % MINUTE} s"
    if seconds < DAY:
        return f"{seconds // HOUR} h {seconds % HOUR // MINUTE} min"
    return f"{seconds // DAY} d {seconds % DAY // HOUR} h"
