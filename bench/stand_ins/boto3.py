"""In place of boto3: what changes something succeeds, and all else is looked up in a table that the environment names.

The table is operation -> what the request may name the thing by -> answer; "" stands for whatever is asked about.
"""

import json
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError


def timed(members: dict[str, Any]) -> dict[str, Any]:
    """JSON has no times: what is called so is one."""
    return {name: datetime.fromisoformat(value) if name.endswith("Time") else value for name, value in members.items()}


ASKS = "PROVIDER" if sys.argv[0].endswith("pulumi-resource-aws") else "PROGRAM"
with open(os.environ["ANSWERS_OF_" + ASKS]) as file:
    ANSWERS = json.load(file, object_hook=timed)


def named(asked: Any) -> Iterator[Any]:
    """Whatever a request may name the thing by, at any depth."""
    if isinstance(asked, dict | list):
        for part in asked.values() if isinstance(asked, dict) else asked:
            yield from named(part)
    else:
        yield asked


def answer(operation: str, PaginationConfig: Any = None, **request: Any) -> Any:
    if operation.startswith(("create_", "put_", "delete_")):
        return {}
    for name in (*named(request), ""):
        if name in ANSWERS[operation]:  # KeyError: bench/without_aws.py has not learned this operation
            return ANSWERS[operation][name]
    missing: Any = {"Error": {"Code": "ValidationException", "Message": f"Could not find {request}"}}
    raise ClientError(missing, operation)


class Pages(list[Any]):
    def build_full_result(self) -> Any:
        return self[0]


class Paginator:
    def __init__(self, operation: str) -> None:
        self.operation = operation

    def paginate(self, **request: Any) -> Pages:
        return Pages([answer(self.operation, **request)])


class Client:
    meta = SimpleNamespace(config=SimpleNamespace(retries=None), events=SimpleNamespace(register=lambda *_: None))

    def can_paginate(self, operation: str) -> bool:
        return operation.startswith("list_") or operation == "describe_alarms"

    def get_paginator(self, operation: str) -> Paginator:
        return Paginator(operation)

    def __getattr__(self, operation: str) -> Any:
        return partial(answer, operation)


class Session:
    def __init__(self, botocore_session: Any = None, region_name: str | None = None) -> None:
        self.region_name = region_name

    def get_credentials(self) -> str:
        return "some: only None would be none"

    def client(self, service: str, config: Any, **connecting: Any) -> Client:
        return Client()


session = SimpleNamespace(Session=Session)
