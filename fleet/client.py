"""What an app imports to call the fleet: which endpoint answers for a task and a key, and patience until it does.

boto3 and the standard library only, nothing else of `fleet`: the file may be copied into an app as it is. What an app
may rely on, the errors and the times: docs/consumers.md.
"""

import hashlib
import json
import logging
import math
import os
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextvars import copy_context
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from http import HTTPStatus
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError, ReadTimeoutError
from botocore.exceptions import ConnectionError as NoConnection

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

CHAMPION = "champion"
JSON = "application/json"
SCHEMA = 1  # the newest form of the contract that is understood here
DEADLINE = 300.0  # seconds for one predict; a cold start takes up to 240 (AWS, serverless endpoints, 2026-11)
CHALLENGER_SHARE = 0.5  # of the time left: then the champion is asked, which may be cold itself
CONNECT, LONGEST_CALL = 5.0, 75.0  # seconds of one InvokeEndpoint; a container has 60 for its answer (same source)
FIRST_PAUSE, LAST_PAUSE = 0.2, 5.0  # seconds at most between two tries, growing; how long is random, down to none
TRIES = 3  # of a call that AWS or the network broke
TTL = 60.0  # seconds for which the contract is taken as it was read
REREAD_EVERY = 1.0  # seconds at least between two reads out of turn: an app's typo must not throttle everybody's SSM
LONGEST_SENTENCE = 400  # characters of an error
REREAD_PATIENCE = 5.0  # seconds that a call waits for one

_log = logging.getLogger(__name__)


class FleetError(Exception):
    """Everything that `predict` raises of its own; the text is one sentence, on one line, for a log."""

    def __str__(self) -> str:
        return _folded(str(self.args[0]))


def _folded(text: str) -> str:
    """One line of what may be a page. Cut in the middle: a traceback says at its end what was wrong."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    half = LONGEST_SENTENCE // 2
    return line if len(line) <= LONGEST_SENTENCE else f"{line[: half - 3]} … {line[-half:]}"


class TaskUnknown(FleetError):
    """The contract has no task of this name."""


class NotDeployed(FleetError):
    """The task is known, and nothing serves it now."""


class Retired(FleetError):
    """The task is gone for good; `successor` says what to use instead, in the fleet's words."""

    def __init__(self, sentence: str, successor: str) -> None:
        super().__init__(sentence, successor)
        self.successor = successor


class ModelError(FleetError):
    """The model's container refused or failed: its HTTP `status` and its whole `message`. Trying again seldom helps."""

    def __init__(self, sentence: str, status: int, message: str) -> None:
        super().__init__(sentence, status, message)
        self.status, self.message = status, message


class DeadlineExceeded(FleetError):
    """No answer in time: still cold, throttled or silent."""


class CallFailed(FleetError):
    """AWS refused the call (permission, size of the payload), or it broke several times."""


class ContractUnreadable(FleetError):
    """Which endpoints there are could not be found out, and was not known from before."""


@dataclass(frozen=True)
class Variant:
    """What answers a share of the callers of a task."""

    name: str
    endpoint: str
    version: int
    weight: float  # its share, above 0; those of a task sum to 1


@dataclass(frozen=True)
class Task:
    """A task as the contract has it."""

    variants: tuple[Variant, ...]  # those that serve
    reason: str  # one sentence on how it stands
    successor: str = ""  # of a retired task

    @property
    def champion(self) -> Variant | None:
        return next((variant for variant in self.variants if variant.name == CHAMPION), None)


@dataclass(frozen=True)
class Prediction:
    """An answer, and who gave it."""

    answer: Any  # what the JSON holds; bytes where the container answers with another content type
    task: str
    variant: str
    version: int  # as the contract has it: right after an update it may be the one before, for the time to live
    latency_ms: float  # of the call that was answered, without what was waited for or tried before it
    fell_back: bool = False  # the champion answers, in place of a challenger that failed
    why_fell_back: str = ""


def choose(task: str, variants: Sequence[Variant], key: str | None) -> Variant:
    """The variant that answers for a key, the same always and everywhere; without a key, at random by weight.

    Weighted rendezvous hashing: a changed weight moves only keys into or out of that variant. Never change the formula:
    it would move every caller's keys.
    """
    if len(variants) == 1:
        return variants[0]
    if key is None:
        return random.choices(variants, [variant.weight for variant in variants])[0]
    return max(variants, key=lambda variant: -variant.weight / math.log(_draw(task, variant.name, key)))


def _draw(task: str, variant: str, key: str) -> float:
    """A number between 0 and 1, neither of them."""
    digest = hashlib.sha256(f"{task}\0{variant}\0{key}".encode(errors="surrogatepass")).digest()
    return ((int.from_bytes(digest[:8], "big") >> 12) + 0.5) / 2**52  # every step is exact in a double


def parse(name: str, content: Any) -> Task:
    """A task of the contract, from its JSON text or what that holds. Raises ContractUnreadable."""
    try:
        content = json.loads(content) if isinstance(content, str) else content
        schema = content.get("schema", 1)
        if schema > SCHEMA:
            raise ContractUnreadable(f"{name}: is of schema {schema}, and fleet.client here reads {SCHEMA}; update it")
        variants = tuple(
            Variant(variant, str(row["endpoint"]), int(row["version"]), float(row["weight"]))
            for variant, row in content["variants"].items()
            if row["weight"] > 0
        )
        return Task(variants, str(content.get("reason") or ""), str(content.get("successor") or ""))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ContractUnreadable(f"{name}: is not what the fleet writes of a task ({_sentence(error)})") from None


class Fleet:
    """The endpoints of a fleet, called by task. Make one a process, and share it between threads."""

    def __init__(
        self,
        read: Callable[[], Mapping[str, Any]],
        runtime: "SageMakerRuntimeClient",
        *,
        source: str = "the contract",
        ttl: float = TTL,
    ) -> None:
        """For tests and other sources; else see `from_ssm` and `from_outputs`.

        `read` gives the content of every task by name, and may take its time. `runtime` must not retry by itself.
        """
        self._contract, self._runtime = _Contract(read, source, ttl), runtime

    @classmethod
    def from_ssm(
        cls, path: str, *, region: str | None = None, session: boto3.Session | None = None, ttl: float = TTL
    ) -> Self:
        """The fleet whose parameters are below `path`, e.g. /sagemaker-endpoint-manager/prod.

        The path is the stack's `parameterPath`, which outlives the stack's name. When it changes, both the old and the
        new one can be read for a while (docs/consumers.md).

        Needs ssm:GetParametersByPath. Nothing is read before the first call.
        """
        session = session or boto3.Session()
        config = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
        ssm = session.client("ssm", region_name=region, config=config)
        path = path.rstrip("/") or "/"

        def read() -> Mapping[str, Any]:
            pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=path)
            return {row["Name"].rpartition("/")[2]: row["Value"] for page in pages for row in page["Parameters"]}

        return cls(read, _runtime(session, region), source=path, ttl=ttl)

    @classmethod
    def from_outputs(
        cls,
        outputs: "str | os.PathLike[str] | Mapping[str, Any]",
        *,
        region: str | None = None,
        session: boto3.Session | None = None,
        ttl: float = TTL,
    ) -> Self:
        """The fleet of a stack's outputs: a file of `pulumi stack output --json`, read again with time, or its content.

        Nothing is read before the first call.
        """

        def read() -> Mapping[str, Any]:
            if isinstance(outputs, Mapping):
                return outputs
            content: Mapping[str, Any] = json.loads(Path(outputs).read_text(encoding="utf-8"))
            return content

        source = "the stack's outputs" if isinstance(outputs, Mapping) else str(outputs)
        return cls(read, _runtime(session or boto3.Session(), region), source=source, ttl=ttl)

    def predict(
        self, task: str, payload: Any, *, key: str | None = None, deadline: float = DEADLINE, content_type: str = JSON
    ) -> Prediction:
        """What the task's model answers. Raises FleetError, after `deadline` seconds at the latest.

        `payload` is sent as JSON; bytes, and text of another `content_type`, as they are. The same `key` (a user, a
        document) is answered by the same variant; without one each call is drawn anew. A challenger that fails is
        replaced by the champion, and the answer says so; the champion's failure is raised.
        """
        until = time.monotonic() + deadline
        request = {"ContentType": content_type, "Accept": JSON, "Body": _body(payload, content_type)}
        found = self._contract.task(task, until)
        variant, why, reread = choose(task, found.variants, key), "", False
        while True:
            in_place = found.champion if variant.name != CHAMPION else None
            try:
                answer, latency_ms = self._answer(task, variant, request, _share(until) if in_place else until)
            except FleetError as error:
                if isinstance(error, NotDeployed) and not reread:  # it may have ended since the contract was read
                    found, reread = self._contract.task(task, until, anew=True), True
                    variant = (found.champion if why else None) or choose(task, found.variants, key)
                elif in_place:
                    variant, why = in_place, str(error)
                else:
                    raise
            else:
                return Prediction(answer, task, variant.name, variant.version, latency_ms, bool(why), why)

    def _answer(self, task: str, variant: Variant, request: Mapping[str, Any], until: float) -> tuple[Any, float]:
        """The variant's answer and the milliseconds of the call that gave it, however many calls that takes."""
        where = f"{task}: {variant.endpoint} ({variant.name})"
        last, broke, longest_pause = _Again("no time was left for a call"), 0, FIRST_PAUSE
        while (left := until - time.monotonic()) > 0:
            began = time.perf_counter()
            try:
                content, content_type = _within(left, lambda: self._invoke(variant.endpoint, request))
            except (BotoCoreError, ClientError, TimeoutError) as error:
                last = _meaning(error, where)
            else:
                return _decoded(content, content_type, where), (time.perf_counter() - began) * 1000
            broke += 1 if last.broke else 0
            if broke == TRIES:
                raise CallFailed(f"{where}: {last.why}")
            pause = random.uniform(0, longest_pause)
            if pause > until - time.monotonic():
                break
            time.sleep(pause)
            longest_pause = min(longest_pause * 2, LAST_PAUSE)
        raise DeadlineExceeded(f"{where}: no answer in time: {last.why}")

    def _invoke(self, endpoint: str, request: Mapping[str, Any]) -> tuple[bytes, str]:
        answer = self._runtime.invoke_endpoint(EndpointName=endpoint, **request)
        return answer["Body"].read(), answer.get("ContentType", "")


def _runtime(session: boto3.Session, region: str | None) -> "SageMakerRuntimeClient":
    config = Config(
        connect_timeout=CONNECT,
        read_timeout=LONGEST_CALL,
        retries={"mode": "standard", "total_max_attempts": 1},  # one place that retries, under one deadline
        max_pool_connections=50,
    )
    return session.client("sagemaker-runtime", region_name=region, config=config)


def _share(until: float) -> float:
    """Until when a challenger may take to answer."""
    now = time.monotonic()
    return now + (until - now) * CHALLENGER_SHARE


def _within(seconds: float, call: Callable[[], tuple[bytes, str]]) -> tuple[bytes, str]:
    """What the call returns. Raises TimeoutError after that many seconds, and leaves the call to itself then.

    By another thread only where the client's own time-outs come too late: botocore has none for a single call.
    """
    if seconds > CONNECT + LONGEST_CALL:
        return call()
    future: Future[tuple[bytes, str]] = Future()
    context = copy_context()  # the caller's, which tracing looks into

    def run() -> None:
        try:
            outcome = partial(future.set_result, context.run(call))
        except BaseException as error:
            outcome = partial(future.set_exception, error)
        _idle.append(jobs)  # before the caller goes on, who may need it again
        outcome()

    try:
        jobs = _idle.pop()
    except IndexError:
        jobs = SimpleQueue()
        threading.Thread(target=_work, args=(jobs,), name="fleet-call", daemon=True).start()
    jobs.put(run)
    return future.result(seconds)


# Threads that wait for a job. Not an executor's: a program would not end before the calls that it has given up.
_idle: deque[SimpleQueue[Callable[[], None]]] = deque()
if hasattr(os, "register_at_fork"):  # not on Windows, which has no forks either
    os.register_at_fork(after_in_child=_idle.clear)  # a child has the queues, and none of the threads


def _work(jobs: SimpleQueue[Callable[[], None]]) -> None:
    while True:
        jobs.get()()


def _body(payload: Any, content_type: str) -> bytes:
    if isinstance(payload, bytes):
        return payload
    if isinstance(payload, str) and not _is_json(content_type):
        return payload.encode()
    return json.dumps(payload).encode()


def _decoded(content: bytes, content_type: str, where: str) -> Any:
    if not _is_json(content_type):
        return content
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        message = f"the answer says that it is JSON, and is not: {content[:200]!r}"
        raise ModelError(f"{where}: {message}", HTTPStatus.OK, message) from None


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == JSON or media_type.endswith("+json")


# What an error of InvokeEndpoint means


@dataclass(frozen=True)
class _Again:
    """A call to be made again."""

    why: str
    broke: bool = False  # AWS or the network did: not to be waited for as long


def _meaning(error: Exception, where: str) -> _Again:
    """Raises a FleetError where trying again would not help."""
    if isinstance(error, ClientError):
        return _refusal(error, where)
    if isinstance(error, (ReadTimeoutError, TimeoutError)):  # a cold start may be as silent as that
        return _Again("InvokeEndpoint: no answer yet")
    if isinstance(error, (NoConnection, HTTPClientError, IncompleteReadError)):
        return _Again(_sentence(error), broke=True)
    raise CallFailed(f"{where}: {_sentence(error)}") from error


def _refusal(error: ClientError, where: str) -> _Again:
    details: Mapping[str, Any] = error.response
    code, message = str(details["Error"].get("Code", "")), str(details["Error"].get("Message", ""))
    status = int(details.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code == "ModelError":
        said = str(details.get("OriginalMessage") or message)
        answered = int(details.get("OriginalStatusCode") or 0)
        raise ModelError(f"{where}: the container answered {answered}: {said}", answered, said) from error
    if code == "ModelNotReadyException" or "Throttl" in code or status == HTTPStatus.TOO_MANY_REQUESTS:
        return _Again(_sentence(error))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _Again(_sentence(error), broke=True)
    # SageMaker has no error code of its own for what is not there.
    if code.startswith("Validation") and any(words in message.lower() for words in ("not found", "could not find")):
        raise NotDeployed(f"{where}: {_sentence(error)}") from error
    raise CallFailed(f"{where}: {_sentence(error)}") from error


def _sentence(error: Exception) -> str:
    if isinstance(error, ClientError):
        details = error.response["Error"]
        return _folded(f"{error.operation_name}: {details.get('Code', '')}: {details.get('Message', '')}")
    return _folded(f"{type(error).__name__}: {error}")


class _Contract:
    """The tasks as last read. One read at a time, in a thread of its own; who has something to go by does not wait."""

    def __init__(self, read: Callable[[], Mapping[str, Any]], source: str, ttl: float) -> None:
        self._read, self._source, self._ttl = read, source, ttl
        self._lock = threading.Lock()
        self._tasks: Mapping[str, Task | str] | None = None  # None: never read; a str: why a task is not readable
        self._problem = ""  # of the last read
        self._due = self._reread_due = -math.inf
        self._ended = threading.Event()  # of the last read
        self._ended.set()

    def task(self, name: str, until: float, *, anew: bool = False) -> Task:
        """A task that something serves; what would be an error, or is doubted (`anew`), is read again first."""
        found = self._known(until).get(name)
        if anew or not (isinstance(found, Task) and found.variants):
            self._reread(until)
            found = self._known(until).get(name)
        match found:
            case Task(variants=(), reason=reason, successor=""):
                raise NotDeployed(f"{name}: nothing serves it: {reason}")
            case Task(variants=(), successor=successor):
                raise Retired(f"{name}: is retired, use {successor}", successor)
            case Task():
                return found
            case str():
                raise ContractUnreadable(found)
        if self._problem:
            raise ContractUnreadable(f"{name}: {self._problem}")
        alike = get_close_matches(name, self._tasks or (), 1)
        hint = f'; did you mean "{alike[0]}"?' if alike else ""
        raise TaskUnknown(f"{name}: {self._source} has no such task{hint}")

    def _known(self, until: float) -> Mapping[str, Task | str]:
        """What was read last, whatever its age; the next read begins where it is due. Waits for the very first only."""
        if self._tasks is None and not self._begin().wait(max(0, until - time.monotonic())):
            raise DeadlineExceeded(f"{self._source}: not read in time")
        if self._tasks is None:
            raise ContractUnreadable(self._problem)
        if time.monotonic() >= self._due:
            self._begin()
        return self._tasks

    def _reread(self, until: float) -> None:
        """Wait for a read that begins now, but never for long."""
        until = min(until, time.monotonic() + REREAD_PATIENCE)
        self._ended.wait(max(0, until - time.monotonic()))  # one under way may have begun too early
        self._begin(out_of_turn=True).wait(max(0, until - time.monotonic()))

    def _begin(self, *, out_of_turn: bool = False) -> threading.Event:
        """Begin a read where one is due and none is under way. The event is set when the last one has ended."""
        with self._lock:
            now = time.monotonic()
            if self._ended.is_set() and now >= (self._reread_due if out_of_turn else self._due):
                if out_of_turn:
                    self._reread_due = now + REREAD_EVERY
                self._ended = threading.Event()
                threading.Thread(target=self._run, args=(self._ended,), name="fleet-contract", daemon=True).start()
            return self._ended

    def _run(self, ended: threading.Event) -> None:
        try:
            self._tasks, self._problem = self._merged(self._read()), ""
        except Exception as error:  # whatever it is: somebody waits for the end of this
            self._problem = f"{self._source} could not be read: {_sentence(error)}"
            if self._tasks is not None:
                _log.warning("%s; going on with what was read before", self._problem)
        if self._tasks is not None:
            self._due = time.monotonic() + self._ttl
        ended.set()

    def _merged(self, contents: Mapping[str, Any]) -> Mapping[str, Task | str]:
        """What was read, where it is readable; else what was known before."""
        tasks: dict[str, Task | str] = {}
        for name, content in contents.items():
            try:
                tasks[name] = parse(name, content)
            except ContractUnreadable as error:
                former = (self._tasks or {}).get(name)
                tasks[name] = former if isinstance(former, Task) else str(error)
                if isinstance(former, Task):
                    _log.warning("%s; going on with what was read before", error)
        return tasks
