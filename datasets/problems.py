"""What is wrong with an input, gathered: twenty sentences at once save nineteen attempts."""

from django.core.exceptions import ValidationError

SHOWN_MAX = 20


class Problems:
    """Sentences about one input, of which the first twenty are kept and the others counted."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.left_out = 0

    def __bool__(self) -> bool:
        return bool(self.sentences)

    @property
    def is_full(self) -> bool:
        """Whether a further problem would only be counted: time to stop looking where looking is slow."""
        return len(self.sentences) >= SHOWN_MAX

    def add(self, sentence: str) -> None:
        """Take note of a problem."""
        if self.is_full:
            self.left_out += 1
        else:
            self.sentences.append(sentence)

    def refuse(self) -> None:
        """End here when there is a problem.

        Raises:
            ValidationError: with a sentence for each problem, and how many more there are.
        """
        if self.left_out:
            raise ValidationError([*self.sentences, f"There are {self.left_out:,} more problems like these."])
        if self.sentences:
            raise ValidationError(self.sentences)
