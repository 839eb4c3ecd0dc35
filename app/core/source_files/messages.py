"""Validation errors of content files, as messages for their authors."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel

KEY_MARKER = "[key]"  # pydantic appends it to the location of an invalid dictionary key

Step = str | int


def error_message(path: Sequence[Step], error: Any, model: type[BaseModel]) -> str:
    """Convert a pydantic error to a message such as `tasks.1.title is missing`. List positions count from 1."""
    name = ".".join(str(step + 1) if isinstance(step, int) else step for step in path if step != KEY_MARKER)
    match error["type"]:
        case "missing":
            problem = "is missing"
        case "extra_forbidden":
            problem = f"is unknown{did_you_mean(str(path[-1]), _field_names(model, path[:-1]))}"
        case "string_type":
            problem = "must be a text; put it in quotes"
        case "model_type":
            problem = f"must be keys with values, such as {_field_names(model, path)[0]}: ..."
        case "value_error":
            problem = str(error["ctx"]["error"])
        case "enum" | "literal_error":
            problem = f"must be one of {error['ctx']['expected']}"
        case _:
            problem = error["msg"].partition(" ")[2]  # without the first word of "Input should be ..."
    return f"{name} {problem}".strip()


def _field_names(model: Any, path: Sequence[Step]) -> list[str]:
    """Return the field names of the nested model that `path` leads to."""
    for step in (step for step in path if isinstance(step, str)):
        model = _nested_model(model.model_fields[step].annotation)
    return list(model.model_fields)


def _nested_model(annotation: Any) -> Any:
    """Return the model in a type annotation such as `list[Model]` or `Model | None`."""
    return (
        annotation
        if hasattr(annotation, "model_fields")
        else next(filter(None, map(_nested_model, get_args(annotation))), None)
    )


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """Return a suggestion such as `; did you mean 'title'?`, for appending to a message.

    If no known word is similar, return an empty string.
    """
    matches = get_close_matches(word, known, n=1)
    return f"; did you mean {matches[0]!r}?" if matches else ""
