from datetime import timedelta

from config.durations import in_words


def test_durations_in_words() -> None:
    assert [in_words(timedelta(seconds=n)) for n in (0, 59, 60, 3_599, 7_620, 90_000)] == [
        "0 s",
        "59 s",
        "1 min 0 s",
        "59 min 59 s",
        "2 h 7 min",
        "1 d 1 h",
    ]
