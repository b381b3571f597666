"""Answers that more than one router gives (wire contract, section 5)."""
