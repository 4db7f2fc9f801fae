"""What can be wrong with a task list, found all at once, each mistake with its line and a sentence for who wrote it."""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import get_args, get_origin

from pydantic import (
    BaseModel,
    ValidationError,
)
from pydantic_core import ErrorDetails

from fleet.characters import escape
from fleet.revision import MAX_ENDPOINT_NAME, reads_as_revision
from fleet.tasks import credentials
from fleet.tasks.document import Document, Mistake, Place, Span, dotted
from fleet.tasks.model import CHAMPION, TaskList
from fleet.tasks.values import EMPTY, NAME, NAME_PREFIX, PATTERN_SAYS, shown

# Pydantic's types of error, in the words of this file. An environment's values are never shown.
SAYS = {
    "missing": "is missing",
    "int_type": "must be a whole number, without quotes",
    "float_type": "must be a number, without quotes",
    "finite_number": "must be a number, without quotes",
    "string_type": "must be text; put it in quotes",
    "bool_type": "must be true or false, without quotes",
    "date_type": "must be a day, for example 2027-01-31, without quotes",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping of settings",
    "tuple_type": "must be a list",
    "literal_error": "{input} is not possible; use {expected}",
    "greater_than_equal": "{input} is too small; use at least {ge}",
    "less_than_equal": "{input} is too large; use at most {le}",
    "greater_than": "{input} is too small; use more than {gt}",
    "less_than": "{input} is too large; use less than {lt}",
    "string_pattern_mismatch": "{input} is not possible; use {pattern}",
    "string_too_long": "has more than {max_length} characters",
    "too_long": "has more than {max_length} entries",
    "too_short": "needs at least one entry",
}

Found = Mapping[tuple[Place, str], None]  # places and what is wrong with each, once


def find(document: Document, expanded: Mapping[str, object], name_prefix: str) -> list[Mistake]:
    """Every mistake, in the order of the file. `expanded` is its root with each task's share of `defaults` in it."""
    found = _found(expanded)
    mistakes = [
        *document.mistakes,
        *_writing(document, found),
        *_shape(document, found),
        *_names(document, name_prefix),
        *credentials.mistakes(document, expanded),
    ]
    return sorted(mistakes, key=lambda mistake: mistake.line)


def _found(expanded: Mapping[str, object]) -> Found:
    """Types, limits, unknown and missing settings, and what settings of one task ask of each other."""
    try:
        TaskList.model_validate(expanded)
    except ValidationError as invalid:
        return dict.fromkeys((_place(error), _sentence(error)) for error in invalid.errors(include_url=False))
    return {}


def _writing(document: Document, found: Found) -> Iterator[Mistake]:
    """What is written so that somebody reads it as something else."""
    text_wanted = SAYS["string_type"]
    for place, told in document.doubts.items():
        is_text = credentials.is_of_environment(place) or (place, text_wanted) in found
        yield document.mistake(place, text_wanted if is_text else told)
    said: set[tuple[int, Span | None]] = set()
    for one, span in document.unseen:
        if (one.line, span) in said or (span and _is_free_text(span.place) and not one.is_deceptive):
            continue
        said.add((one.line, span))  # one of several tells where to look
        where = f"{dotted(span.place)}: " if span else ""
        instead = (
            f', or write "{escape(one.sign)}" in double quotes if it is meant' if span and not span.is_name else ""
        )
        yield Mistake(one.line, f"{where}{one.told()}; take it out{instead}")


def _is_free_text(place: Place) -> bool:
    """What people or models read, and nothing is compared with: emoji and scripts need characters that nobody sees."""
    match place:
        case (*_, "pin" | "hold", "reason") | ("tasks", _, "smoke_test", "cases", _, "payload", *_):
            return True
    return False


def _shape(document: Document, found: Found) -> Iterator[Mistake]:
    """What was found, each where it was written."""
    spoiled = {*document.doubts, *(span.place for _, span in document.unseen if span)}  # told already
    for place, sentence in found:
        origin, where = _origin(document, place)
        if spoiled.intersection((place, origin)):
            continue
        if not where:
            yield document.mistake(place, sentence)
        elif (origin, sentence) not in found:  # else said once, where it was written
            yield document.mistake(place, f"{sentence} (from {where})")


def _place(error: ErrorDetails) -> Place:
    return tuple(step for step in error["loc"] if step != "[key]")


def _origin(document: Document, place: Place) -> tuple[Place, str]:
    """Where an inherited setting was written, and how to call that; the place itself and "" for what is its own."""
    match place:
        case ("tasks", task, "variants", _, *rest) if place not in document.entries:
            for origin, where in ((("tasks", task, *rest), str(task)), (("defaults", *rest), "defaults")):
                if origin in document.entries:
                    return origin, where
        case ("tasks", _, *rest) if place not in document.entries and ("defaults", *rest) in document.entries:
            return ("defaults", *rest), "defaults"
    return place, ""


def _sentence(error: ErrorDetails) -> str:
    kind, given, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "extra_forbidden":
        return _unknown(_place(error))
    if given is None:
        is_task = kind == "model_type" and len(_place(error)) == 2
        return "is empty; write {} to take every default" if is_task else EMPTY
    if kind not in SAYS:
        return error["msg"]
    pattern = PATTERN_SAYS.get(context.get("pattern", ""))
    return SAYS[kind].format(**{**context, "input": shown(given), "pattern": pattern})


def _unknown(place: Place) -> str:
    known = list(_model_at(place[:-1]).model_fields)
    close = difflib.get_close_matches(str(place[-1]), known, n=1)
    return f"unknown setting; did you mean {close[0]}?" if close else f"unknown setting; use {', '.join(known)}"


def _model_at(place: Place) -> type[BaseModel]:
    """The model of what stands at a place."""
    model: type[BaseModel] = TaskList
    steps = iter(place)
    for step in steps:
        annotation = model.model_fields[str(step)].annotation
        kinds = (annotation, *get_args(annotation))
        model = next(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel))
        if get_origin(annotation) in (tuple, Mapping):
            next(steps, None)  # the number or the name of one of many
    return model


def _names(document: Document, prefix: str) -> Iterator[Mistake]:
    """Endpoint names that are too long, taken or misleading; the characters of a name are checked with the shape."""
    if not NAME_PREFIX.fullmatch(prefix):
        sentence = "is not possible; use letters, digits and hyphens, no hyphen in front"
        yield Mistake(0, f"namePrefix of the stack: {shown(prefix)} {sentence}")
    taken: dict[str, Place] = {}
    for place in document.entries:
        match place:
            case ("tasks", str(name)):
                endpoint = prefix + name
            case ("tasks", str(task), "variants", str(name)):
                endpoint = f"{prefix}{task}-{name}"
                if name.lower() == CHAMPION:
                    yield document.mistake(place, f"{CHAMPION} is the task itself; give the variant another name")
            case _:
                continue
        if len(endpoint) > MAX_ENDPOINT_NAME and re.search(NAME, name):
            yield document.mistake(
                place, f'endpoint "{endpoint}" has {len(endpoint)} characters; at most {MAX_ENDPOINT_NAME} are possible'
            )
        if reads_as_revision(endpoint.lower()):
            yield document.mistake(place, f'endpoint "{endpoint}" reads as the name of a revision; choose another')
        other = taken.setdefault(endpoint.lower(), place)  # SageMaker ignores case when it creates an endpoint
        if other != place:
            line = document.entries[other].line
            yield document.mistake(place, f'endpoint "{endpoint}" is that of {dotted(other)} (line {line}) too')
