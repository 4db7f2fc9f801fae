"""Lists in pages: a token says where the last page ended, and is refused where the service never gave it."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sandbox.aws.world import Answer, AwsError, Params

Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    rows: list[Row]
    rest: list[Row]  # for the pages after it
    more: Answer  # the NextToken where there is a rest, else empty


@dataclass(frozen=True)
class Pages:
    """How one operation cuts its list."""

    longest: int  # rows; also where the request does not say how many
    refusal: str  # of a token that was not given here
    code: str
    size: str = "MaxResults"  # the request's member that says how many

    def cut(
        self, request: Params, rows: Sequence[Row], cap: int = 0, key: Callable[[Row], str] | None = None
    ) -> Page[Row]:
        """The page that the request asks for; `cap` limits its rows (0: no limit).

        With a `key`, by which the rows are sorted, no row is shown twice or left out while others come and go between
        two pages. Without, a page begins after so many rows.
        """
        places: list[Any] = [key(row) for row in rows] if key else list(range(1, len(rows) + 1))
        after: Any = "" if key else 0
        if token := request.get("NextToken"):
            after = read_token(token, type(after), AwsError(self.refusal, self.code))
        rest = [(place, row) for place, row in zip(places, rows, strict=True) if place > after]
        size = min(request.get(self.size, self.longest), cap or self.longest, self.longest)
        more = {"NextToken": token_of(rest[size - 1][0])} if len(rest) > size else {}
        return Page([row for _, row in rest[:size]], [row for _, row in rest[size:]], more)


def token_of(place: Any) -> str:
    return base64.b64encode(json.dumps(place).encode()).decode()


def read_token(token: str, kind: type, refusal: AwsError) -> Any:
    """What the token was made of. Raises the refusal unless that is of this kind."""
    try:
        place = json.loads(base64.b64decode(token, validate=True))
    except ValueError:
        place = None
    if not isinstance(place, kind):
        raise refusal
    return place
