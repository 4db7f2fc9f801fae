"""Candidates: temporary endpoints on which a revision answers its smoke test before consumers see it.

Made, called and removed here, by an `up` only; what the answers mean is fleet/trial.py. Not resources of the stack: a
dynamic resource that takes minutes would hold up the providers of every task.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, HTTPClientError, ReadTimeoutError

from fleet import shape
from fleet.aws import endpoints, session
from fleet.aws.gateway import Gateway
from fleet.revision import Revision, candidate, reads_as_candidate
from fleet.seen import LiveEndpoint, Unknown
from fleet.tasks.model import Case, SmokeTest
from fleet.trial import Answer, Failed, Passed, body, broken, judge, not_started

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker.type_defs import TagTypeDef
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

PATIENCE = 300.0  # seconds for one call; a cold start takes up to 240 (developer guide, serverless endpoints, 2026-11)
FIRST_PAUSE, LAST_PAUSE = 0.5, 10.0  # seconds between two tries of a call, growing
TRIES = 3  # of a call that AWS or the network broke
UNSEEN_PAUSES = (0.0, 1.0, 2.0, 4.0, 8.0)  # seconds before each CreateEndpoint that may not see its configuration yet


async def try_out(
    gateway: Gateway, revision: Revision, test: SmokeTest, tags: Mapping[str, str]
) -> Passed | Failed | Unknown:
    """The verdict on a revision whose Model exists; Unknown where the test could not be run: that is no verdict.

    The candidate carries the tags, which must be this stack's, and the provider's default tags: a policy of the account
    may let nothing be made without them. It is removed whatever happens.
    """
    name, tags = candidate(revision.name), gateway.tagged(tags)
    in_the_way = await _remove(gateway, name)
    if in_the_way:
        return in_the_way
    try:
        begun = await _create(gateway, name, revision, tags) or await _start(gateway, name)
        result = begun or await _call(gateway, name, test)
    finally:
        left = await _remove(gateway, name)
    return _noting(result, f"candidate {name} could not be removed: {left.error}") if left else result


async def clear(gateway: Gateway) -> Unknown | None:
    """Remove the candidates that a killed run left. To be awaited before the first `try_out` of a run."""
    rows = await gateway.listed()
    if isinstance(rows, Unknown):
        return rows
    left = await asyncio.gather(*(_clear(gateway, name) for name in rows if reads_as_candidate(name)))
    errors = [unknown.error for unknown in left if unknown]
    return Unknown("; ".join(errors)) if errors else None


async def remove(gateway: Gateway, revision: Revision) -> Unknown | None:
    """Remove what a killed run left of one revision's candidate: a configuration alone is in no list of endpoints."""
    return await _remove(gateway, candidate(revision.name))


def _noting(result: Passed | Failed | Unknown, note: str) -> Passed | Failed | Unknown:
    return Unknown(f"{result.error}; {note}") if isinstance(result, Unknown) else replace(result, note=note)


# Coming and going


async def _create(gateway: Gateway, name: str, revision: Revision, tags: Mapping[str, str]) -> Unknown | None:
    tagged: list[TagTypeDef] = [{"Key": key, "Value": value} for key, value in tags.items()]
    refused = await gateway.ask(lambda client: _create_config(client, name, revision, tagged))
    if refused:
        return refused
    unseen = ""
    for pause in UNSEEN_PAUSES:
        await asyncio.sleep(pause)
        made = await gateway.ask(lambda client: _create_endpoint(client, name, tagged))
        if isinstance(made, Unknown):
            return made
        if not made:
            return None
        unseen = made
    return Unknown(unseen)


def _create_config(client: "SageMakerClient", name: str, revision: Revision, tags: "list[TagTypeDef]") -> None:
    client.create_endpoint_config(EndpointConfigName=name, Tags=tags, **endpoint_config(revision))


def endpoint_config(revision: Revision) -> dict[str, Any]:
    """The revision's own, but for one call at a time: every serverless endpoint takes of the account's concurrency."""
    settings = replace(revision.settings, max_concurrency=1, provisioned_concurrency=None)
    return shape.endpoint_config(replace(revision, settings=settings))


def _create_endpoint(client: "SageMakerClient", name: str, tags: "list[TagTypeDef]") -> str:
    """Create it; "", or AWS's refusal where it does not see the configuration yet (eventually consistent, says AWS)."""
    try:
        client.create_endpoint(EndpointName=name, EndpointConfigName=name, Tags=tags)
    except ClientError as error:
        if session.not_found(error):
            return session.sentence(error)
        raise
    return ""


async def _start(gateway: Gateway, name: str) -> Failed | Unknown | None:
    live = await gateway.settled(name)
    while isinstance(live, LiveEndpoint) and live.in_transition:  # a list that lacks a new endpoint ends the wait early
        live = await gateway.settled(name)
    match live:
        case LiveEndpoint(status="InService"):
            return None
        case LiveEndpoint(status="Failed", failure=failure):
            return not_started(failure)
        case Unknown():
            return live
    return Unknown(f"candidate {name} was changed by somebody else while it was tested")


async def _clear(gateway: Gateway, name: str) -> Unknown | None:
    live = await gateway.ask(lambda client: endpoints.describe(client, name, gateway.ownership))
    if isinstance(live, LiveEndpoint) and not live.ours:
        return None
    return await _remove(gateway, name)


async def _remove(gateway: Gateway, name: str) -> Unknown | None:
    """Remove what there is of a candidate; Unknown where that cannot be done, or it is somebody else's."""
    live, tags = await asyncio.gather(
        gateway.ask(lambda client: endpoints.describe(client, name, gateway.ownership)),
        gateway.ask(lambda client: endpoints.endpoint_config_tags(client, name)),
    )
    if isinstance(live, Unknown):
        return live
    if isinstance(tags, Unknown):
        return tags
    there = live if isinstance(live, LiveEndpoint) else None
    if (there and not there.ours) or (tags is not None and not gateway.ownership.covers(tags)):
        return Unknown(f"{name} exists and is not this stack's, by its tags; remove it, the smoke test needs the name")
    if there:
        # One that is still being made cannot be deleted.
        problem = (await gateway.final(name) if there.in_transition else None) or await gateway.remove(name)
        if problem:
            return problem
    return None if tags is None else await gateway.ask(lambda client: _delete_config(client, name))


def _delete_config(client: "SageMakerClient", name: str) -> None:
    session.if_there(lambda: client.delete_endpoint_config(EndpointConfigName=name), None)


# Calling


@dataclass(frozen=True)
class _NoAnswerYet:
    """A call to be made again."""

    error: str
    cold: bool = False  # the model is not there yet
    broke: bool = False  # AWS or the network failed: given up after TRIES, long before PATIENCE


async def _call(gateway: Gateway, name: str, test: SmokeTest) -> Passed | Failed | Unknown:
    """Call a candidate that is in service: once to warm it, then once a case."""
    answers = []
    async with gateway.turns:
        for case in (test.cases[0], *test.cases):
            answer = await _answer(gateway, name, test, case)
            if not isinstance(answer, Answer):
                return answer
            answers.append(answer)
    return session.ask(lambda: judge(test, answers[1:]))


async def _answer(gateway: Gateway, name: str, test: SmokeTest, case: Case) -> Answer | Failed | Unknown:
    """The answer to one case, however often that takes; only the try that was answered counts."""
    deadline, pause, broke = time.monotonic() + PATIENCE, FIRST_PAUSE, 0
    while True:
        answer = await gateway.invoke(lambda client: _invoke(client, name, test, case))
        if not isinstance(answer, _NoAnswerYet):
            return answer
        broke += 1 if answer.broke else 0
        if broke == TRIES or time.monotonic() + pause > deadline:
            waited = f"not ready after {PATIENCE / 60:.0f} minutes: {answer.error}"
            return not_started(waited) if answer.cold else Unknown(answer.error)
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, LAST_PAUSE)


def _invoke(client: "SageMakerRuntimeClient", name: str, test: SmokeTest, case: Case) -> Answer | Failed | _NoAnswerYet:
    began = time.perf_counter()
    try:
        answer = client.invoke_endpoint(
            EndpointName=name, ContentType=test.content_type, Accept="application/json", Body=body(test, case)
        )
        content = answer["Body"].read()
    except ReadTimeoutError:
        return _NoAnswerYet(f"InvokeEndpoint: no answer within {session.LONGEST_CALL} seconds")
    except HTTPClientError as error:
        return _NoAnswerYet(session.sentence(error), broke=True)
    except ClientError as error:
        return _refusal(error, case)
    return Answer(content, (time.perf_counter() - began) * 1000)


def _refusal(error: ClientError, case: Case) -> Failed | _NoAnswerYet:
    """What an error of InvokeEndpoint means; raised again where trying again would not help."""
    details: Mapping[str, Any] = error.response
    code, message = details["Error"]["Code"], details["Error"]["Message"]
    status = details["ResponseMetadata"]["HTTPStatusCode"]
    sentence = session.sentence(error)
    if code == "ModelError":
        return broken(case, details.get("OriginalStatusCode"), details.get("OriginalMessage") or message)
    if code == "ModelNotReadyException":
        return _NoAnswerYet(sentence, cold=True)
    if code.startswith("Throttling") or status == HTTPStatus.TOO_MANY_REQUESTS:
        return _NoAnswerYet(sentence)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _NoAnswerYet(sentence, broke=True)
    raise error
