"""The draft that becomes an experiment: it keeps whatever is entered, and says what is missing.

lifecycle     start, use as base, edit, load, discard
saving        what the form's fields hold, saved as typed; two tabs on one draft
hyperparameters, base, datasets    what the buttons of each part do
merge         the edits carried over to another base
review        the state of each part, derived
"""
