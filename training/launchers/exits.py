"""Exit codes as the launchers tell them."""

import signal

# What a shell adds to the number of the signal that ended its command.
BY_SIGNAL = 128


def from_shell(code: int) -> int:
    """Minus the signal's number for a code that says that one ended it; any other code as it is."""
    return BY_SIGNAL - code if code - BY_SIGNAL in signal.valid_signals() else code
