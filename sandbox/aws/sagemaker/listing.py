"""Filter, sort and page a list the way every SageMaker List operation does."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sandbox.aws.paging import read_token, token_of
from sandbox.aws.world import KINDS, Answer, AwsError, Params, World, arn_of

DEFAULT_PAGE = 10  # documented for ListEndpoints; taken for the others, which document none
BAD_TOKEN = AwsError("Invalid NextToken: it was not given by this operation with this SortBy.")

_FILTERS: dict[str, Callable[[Any, Any], bool]] = {
    "NameContains": lambda record, text: text.lower() in record.name.lower(),
    "CreationTimeAfter": lambda record, time: record.created > time,
    "CreationTimeBefore": lambda record, time: record.created < time,
    "LastModifiedTimeAfter": lambda record, time: record.modified > time,
    "LastModifiedTimeBefore": lambda record, time: record.modified < time,
    "StatusEquals": lambda record, status: record.status == status,
}
_SORTS = {"Name": "name", "CreationTime": "created", "Status": "status"}


def listing(
    request: Params,
    records: Iterable[Any],
    summary: Callable[[Any], Answer],
    *,
    member: str,
    order: str = "Descending",
    cap: int = 0,
    empty_first: bool = False,
) -> Answer:
    """One page of `records` under the name `member`, and a NextToken where there are more.

    `order` is the documented default of SortOrder. `cap` limits MaxResults (0: no limit). With `empty_first` the first
    page is empty and carries a token, as SageMaker may do with a filter. Raises AwsError for a token it never gave.
    """
    wanted = [record for record in records if all(check(record, request[name]) for name, check in _given(request))]
    sort = request.get("SortBy", "CreationTime")
    descending = request.get("SortOrder", order) == "Descending"

    def place(record: Any) -> list[Any]:
        return [sort, getattr(record, _SORTS[sort]), *record.tie]

    wanted.sort(key=place, reverse=descending)
    token = request.get("NextToken")
    if empty_first and not token:
        return {member: [], "NextToken": token_of([sort])}
    after = _place(token, sort) if token else [sort]
    if after != [sort]:
        wanted = [record for record in wanted if (place(record) < after if descending else place(record) > after)]
    size = request.get("MaxResults", DEFAULT_PAGE)
    size = min(size, cap) if cap else size
    page = wanted[:size]
    more = {"NextToken": token_of(place(page[-1]))} if len(wanted) > size else {}
    return {member: [summary(record) for record in page], **more}


def listed_here(world: World, region: str, request: Params, kind: str, summary: Any, member: str) -> Answer:
    """The same of everything of a kind in the region."""
    here = arn_of(region, kind, "")
    records: Mapping[str, Any] = getattr(world, KINDS[kind].attribute)
    mine = [record for arn, record in records.items() if arn.startswith(here)]
    return listing(request, mine, summary, member=member, cap=world.settings.page_size)


def _given(request: Params) -> list[tuple[str, Callable[[Any, Any], bool]]]:
    return [(name, check) for name, check in _FILTERS.items() if name in request]


def _place(token: str, sort: str) -> list[Any]:
    place: list[Any] = read_token(token, list, BAD_TOKEN)
    if place[:1] != [sort]:
        raise BAD_TOKEN
    return place
