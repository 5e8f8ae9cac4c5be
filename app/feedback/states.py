"""What becomes of an answer."""

from enum import StrEnum


class AnswerResult(StrEnum):
    HELD = "held"  # open cases wait, and a person is asked
    NOTED = "noted"  # nothing had to wait, or it waits already for another reason; a person is asked
    AUTOMATIC = "automatic"  # a robot wrote
    UNKNOWN = "unknown"  # of nobody we know
    AMBIGUOUS = "ambiguous"  # several customers have this address
