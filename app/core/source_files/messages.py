"""What is wrong with a value, in words that an editor understands."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel

KEY = "[key]"  # what pydantic adds to the place of a key that doesn't fit

Step = str | int


def message_of(path: Sequence[Step], error: Any, shape: type[BaseModel]) -> str:
    name = ".".join(str(step + 1) if isinstance(step, int) else step for step in path if step != KEY)
    match error["type"]:
        case "missing":
            what = "is missing"
        case "extra_forbidden":
            what = f"isn't known here{did_you_mean(str(path[-1]), _names(shape, path[:-1]))}"
        case "string_type":
            what = "must be a text; put it in quotes"
        case "model_type":
            what = f"must be keys with values, such as {_names(shape, path)[0]}: ..."
        case "value_error":
            what = str(error["ctx"]["error"])
        case "enum" | "literal_error":
            what = f"must be one of {error['ctx']['expected']}"
        case _:
            what = error["msg"].partition(" ")[2]  # Input should be ..., List should have ...
    return f"{name} {what}".strip()


def _names(shape: Any, path: Sequence[Step]) -> list[str]:
    """The field names that a shape has at this path."""
    for step in (each for each in path if isinstance(each, str)):
        shape = _model_in(shape.model_fields[step].annotation)
    return list(shape.model_fields)


def _model_in(annotation: Any) -> Any:
    """The shape that a field holds, be it in a list or left out."""
    return (
        annotation
        if hasattr(annotation, "model_fields")
        else next(filter(None, map(_model_in, get_args(annotation))), None)
    )


def did_you_mean(word: str, known: Sequence[str]) -> str:
    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
