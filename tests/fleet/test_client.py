"""The client: who answers for a key, what is waited for, what is fallen back from, and what an app is told."""

import json
import logging
import pickle
import random
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
    ReadTimeoutError,
)

from fleet import client
from fleet.client import (
    CallFailed,
    ContractUnreadable,
    DeadlineExceeded,
    Fleet,
    FleetError,
    ModelError,
    NotDeployed,
    Prediction,
    Retired,
    TaskUnknown,
    Variant,
    choose,
)

ROOT = Path(__file__).parent.parent.parent
PATH = "/sagemaker-endpoint-manager/prod"
TOXIC = {"text": "You are the dumbest support team on this planet."}
KEYS = [f"user-{n}" for n in range(10_000)]
OF_CHAMPION, OF_CHALLENGER = "user-1", "user-17"  # keys, at an even split


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FIRST_PAUSE", 0.002)
    monkeypatch.setattr(client, "LAST_PAUSE", 0.002)
    monkeypatch.setattr(client, "REREAD_EVERY", 60)


# The contract


def serving(endpoint: str, version: int, weight: float) -> dict[str, Any]:
    arn = f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/{version}"
    said = {"status": "UP_TO_DATE", "reason": f"version {version} serves"}
    return {"endpoint": endpoint, "version": version, "model_package_arn": arn, **said, "weight": weight}


def task(champion: int = 7, challenger: int = 0, share: float = 0.5, **more: Any) -> dict[str, Any]:
    """A task as a stack output; version 0: not deployed."""
    weight = share if champion and challenger else float(bool(challenger))
    rows = {"champion": serving("toxicity", champion, 1 - weight if champion else 0.0)}
    if challenger:
        rows["challenger"] = serving("toxicity-challenger", challenger, weight)
    top = {key: value for key, value in rows["champion"].items() if key != "weight"}
    return {**top, "variants": rows, **more}


class Contract(dict[str, Any]):
    """What the fleet has written, as it may be changed; `problem`: it cannot be read. Counts the reads."""

    reads = 0
    problem: Exception | None = None

    def read(self) -> dict[str, Any]:
        self.reads += 1
        if self.problem:
            raise self.problem
        return dict(self)


# The endpoints


def refused(code: str, message: str = "no", status: int = 400, **more: Any) -> ClientError:
    details: Any = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}
    return ClientError(details, "InvokeEndpoint")


NOT_READY = refused("ModelNotReadyException", "still being provisioned", 429)
NOT_FOUND = refused("ValidationError", "Endpoint toxicity of account 123456789012 not found.")
MODEL_ERROR = refused("ModelError", "Received…", 424, OriginalStatusCode=503, OriginalMessage="out of memory")
SILENT = ReadTimeoutError(endpoint_url="https://runtime")
NO_NETWORK = EndpointConnectionError(endpoint_url="https://runtime")


class Endpoints:
    """In boto3's place: what each endpoint does, call by call, the last for ever; the others are not there."""

    def __init__(self, **does: Any) -> None:
        self.does = {
            name.replace("_", "-"): list(what) if isinstance(what, tuple) else [what] for name, what in does.items()
        }
        self.asked: list[str] = []
        self.sent: dict[str, Any] = {}

    def invoke_endpoint(self, EndpointName: str, **request: Any) -> Any:
        self.asked.append(EndpointName)
        self.sent = request
        steps = self.does.get(EndpointName, [NOT_FOUND])
        step = steps.pop(0) if len(steps) > 1 else steps[0]
        step = step() if callable(step) else step
        if isinstance(step, Exception):
            raise step
        return step if isinstance(step, dict) else answer(json.dumps({"label": step}).encode())


def answer(body: bytes, content_type: str = "application/json; charset=utf-8") -> dict[str, Any]:
    return {"Body": BytesIO(body), "ContentType": content_type}


def fleet_of(contract: Contract, endpoints: Endpoints | None = None, ttl: float = 60) -> Fleet:
    return Fleet(contract.read, cast(Any, endpoints or Endpoints(toxicity="toxic")), ttl=ttl)


def ask(fleet: Fleet, key: str | None = None, **more: Any) -> Prediction:
    return fleet.predict("toxicity", TOXIC, key=key, **more)


def eventually(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        threading.Event().wait(0.01)
    raise AssertionError("not within 5 s")


# Who answers


def variants(**weights: float) -> list[Variant]:
    return [Variant(name, name, 1, weight) for name, weight in weights.items()]


@pytest.mark.parametrize(
    ("weights", "chosen"),
    [
        ({"champion": 0.9, "challenger": 0.1}, {"user-1": "champion", "user-17": "challenger", "": "champion"}),
        ({"champion": 0.5, "challenger": 0.5}, {"user-1": "champion", "日本": "challenger", "": "challenger"}),
        (
            {"champion": 0.5, "challenger": 0.3, "small": 0.2},
            {"user-1": "small", "user-17": "challenger", "": "challenger", "user-34": "small"},
        ),
    ],
)
def test_a_key_is_answered_by_the_same_variant_in_every_process_and_release(weights: Any, chosen: Any) -> None:
    assert {key: choose("toxicity", variants(**weights), key).name for key in chosen} == chosen


def test_the_formula_is_the_one_that_the_docs_give_to_other_languages() -> None:
    assert client._draw("toxicity", "champion", "user-1") == 0.9581730074311586


def test_the_order_of_the_variants_does_not_matter() -> None:
    given = variants(champion=0.5, challenger=0.3, small=0.2)

    assert [choose("toxicity", given, key) for key in KEYS[:500]] == [
        choose("toxicity", given[::-1], key) for key in KEYS[:500]
    ]


def test_tasks_split_the_same_keys_independently() -> None:
    even = variants(champion=0.5, challenger=0.5)

    same = sum(choose("toxicity", even, key) == choose("spam", even, key) for key in KEYS)

    assert abs(same - 5_000) < 200


def test_ten_thousand_keys_are_within_a_percentage_point_of_the_weights() -> None:
    counts = Counter(choose("toxicity", variants(champion=0.9, challenger=0.1), key).name for key in KEYS)

    assert abs(counts["challenger"] - 1_000) <= 100


def test_ten_points_more_for_the_challenger_move_ten_percent_of_the_keys_all_from_the_champion() -> None:
    before, after = variants(champion=0.9, challenger=0.1), variants(champion=0.8, challenger=0.2)

    moved = [(choose("toxicity", before, key).name, choose("toxicity", after, key).name) for key in KEYS]
    moved = [(source, target) for source, target in moved if source != target]

    assert set(moved) == {("champion", "challenger")}
    assert abs(len(moved) - 1_000) <= 100


def test_without_a_key_each_call_is_drawn_by_weight() -> None:
    random.seed(1)

    counts = Counter(choose("toxicity", variants(champion=0.9, challenger=0.1), None).name for _ in KEYS)

    assert abs(counts["challenger"] - 1_000) < 100


def test_the_answer_says_who_gave_it() -> None:
    fleet = fleet_of(Contract(toxicity=task(7, 8)), Endpoints(toxicity="toxic", toxicity_challenger="fine"))

    given = [ask(fleet, key) for key in (OF_CHAMPION, OF_CHALLENGER)]

    assert [(one.task, one.variant, one.version, one.answer, one.fell_back, one.why_fell_back) for one in given] == [
        ("toxicity", "champion", 7, {"label": "toxic"}, False, ""),
        ("toxicity", "challenger", 8, {"label": "fine"}, False, ""),
    ]


def test_the_latency_is_that_of_the_call_that_was_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "perf_counter", iter([1.0, 60.0, 60.02]).__next__)

    given = ask(fleet_of(Contract(toxicity=task()), Endpoints(toxicity=(NOT_READY, "toxic"))))

    assert given.latency_ms == pytest.approx(20)


@pytest.mark.parametrize(
    ("payload", "content_type", "body"),
    [
        ({"text": "ä"}, "application/json", b'{"text": "\\u00e4"}'),
        ("text", "application/json; charset=utf-8", b'"text"'),
        ("a,ä", "text/csv", "a,ä".encode()),
        (b"{}", "application/json", b"{}"),
    ],
)
def test_a_payload_is_sent_as_json_unless_it_is_text_or_bytes(payload: Any, content_type: str, body: bytes) -> None:
    endpoints = Endpoints(toxicity="toxic")

    fleet_of(Contract(toxicity=task()), endpoints).predict("toxicity", payload, content_type=content_type)

    assert endpoints.sent == {"Body": body, "ContentType": content_type, "Accept": "application/json"}


def test_an_answer_that_is_no_json_is_bytes() -> None:
    assert ask(fleet_of(Contract(toxicity=task()), Endpoints(toxicity=answer(b"0.9", "text/csv")))).answer == b"0.9"


def test_an_answer_that_only_says_that_it_is_json_is_the_models_error() -> None:
    with pytest.raises(ModelError, match="says that it is JSON, and is not: b'<html>'"):
        ask(fleet_of(Contract(toxicity=task()), Endpoints(toxicity=answer(b"<html>"))))


def test_an_answer_that_is_nested_without_end_is_the_models_error() -> None:
    with pytest.raises(ModelError, match="says that it is JSON, and is not"):
        ask(fleet_of(Contract(toxicity=task()), Endpoints(toxicity=answer(b"[" * 100_000))))


# What is waited for


@pytest.mark.parametrize(
    "trouble",
    [
        NOT_READY,
        SILENT,
        refused("ThrottlingException", "Rate exceeded"),
        refused("SomethingElse", status=429),
    ],
    ids=str,
)
def test_a_cold_start_and_throttling_are_waited_out_however_often(trouble: Exception) -> None:
    endpoints = Endpoints(toxicity=(*[trouble] * 9, "toxic"))

    assert ask(fleet_of(Contract(toxicity=task()), endpoints)).answer == {"label": "toxic"}
    assert len(endpoints.asked) == 10


BROKEN = [
    NO_NETWORK,
    ConnectTimeoutError(endpoint_url="https://runtime"),
    ConnectionClosedError(endpoint_url="https://runtime"),
    IncompleteReadError(actual_bytes=1, expected_bytes=2),
    refused("ServiceUnavailable", status=503),
    refused("InternalDependencyException", status=530),
]


@pytest.mark.parametrize("trouble", BROKEN, ids=str)
def test_a_lone_error_of_aws_or_the_network_is_waited_out(trouble: Exception) -> None:
    assert ask(fleet_of(Contract(toxicity=task()), Endpoints(toxicity=(trouble, trouble, "toxic")))).version == 7


@pytest.mark.parametrize("trouble", BROKEN, ids=str)
def test_a_call_that_breaks_three_times_has_failed(trouble: Exception) -> None:
    endpoints = Endpoints(toxicity=trouble)

    with pytest.raises(CallFailed, match=r"^toxicity: toxicity \(champion\): "):
        ask(fleet_of(Contract(toxicity=task()), endpoints))
    assert len(endpoints.asked) == 3


def test_pauses_grow_up_to_a_limit_and_are_random_down_to_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FIRST_PAUSE", 0.2)
    monkeypatch.setattr(client, "LAST_PAUSE", 5.0)
    ranges: list[tuple[float, float]] = []

    def uniform(least: float, most: float) -> float:
        ranges.append((least, most))
        return 0

    monkeypatch.setattr(random, "uniform", uniform)

    ask(fleet_of(Contract(toxicity=task()), Endpoints(toxicity=(*[NOT_READY] * 7, "toxic"))))

    assert ranges == [(0, 0.2), (0, 0.4), (0, 0.8), (0, 1.6), (0, 3.2), (0, 5.0), (0, 5.0)]


def test_a_model_that_stays_cold_exceeds_the_deadline_and_the_error_says_what_was_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(random, "uniform", lambda _, longest: longest)
    monkeypatch.setattr(client, "FIRST_PAUSE", 60)  # longer than is left: the deadline cuts no second call off

    with pytest.raises(DeadlineExceeded, match=r"^toxicity: toxicity \(champion\): no answer in time: .*NotReady"):
        ask(fleet_of(Contract(toxicity=task()), Endpoints(toxicity=NOT_READY)), deadline=30)


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """What a silent endpoint waits for, until the test is over."""
    event = threading.Event()
    yield event
    event.set()


def test_a_call_that_is_not_answered_is_left_at_the_deadline(never: threading.Event) -> None:
    fleet = fleet_of(Contract(toxicity=task()), Endpoints(toxicity=lambda: never.wait(60) and "toxic"))

    with pytest.raises(DeadlineExceeded):
        ask(fleet, deadline=0.1)


def test_a_call_under_a_short_deadline_sees_the_context_of_its_caller() -> None:
    trace: ContextVar[str] = ContextVar("trace", default="none")
    trace.set("request 1")

    assert ask(fleet_of(Contract(toxicity=task()), Endpoints(toxicity=trace.get)), deadline=10).answer == {
        "label": "request 1"
    }


# What is fallen back from

FAILURES = {
    "its model fails": MODEL_ERROR,
    "it is not there": NOT_FOUND,
    "it may not be called": refused("AccessDeniedException", "not you"),
    "the network to it is down": NO_NETWORK,
    "there are no credentials": NoCredentialsError(),
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_the_champion_answers_for_a_challenger_that_fails_and_the_answer_says_so(failure: Exception) -> None:
    fleet = fleet_of(Contract(toxicity=task(7, 8)), Endpoints(toxicity="toxic", toxicity_challenger=failure))

    given = ask(fleet, OF_CHALLENGER)

    assert (given.variant, given.version, given.fell_back) == ("champion", 7, True)
    assert given.why_fell_back.startswith("toxicity: toxicity-challenger (challenger): ")


def test_a_challenger_that_stays_cold_leaves_the_champion_half_of_the_time() -> None:
    endpoints = Endpoints(toxicity=(NOT_READY, NOT_READY, "toxic"), toxicity_challenger=NOT_READY)

    given = ask(fleet_of(Contract(toxicity=task(7, 8)), endpoints), OF_CHALLENGER, deadline=4)

    assert given.fell_back
    assert "no answer in time" in given.why_fell_back


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_the_champions_own_failure_is_an_error(failure: Exception) -> None:
    fleet = fleet_of(Contract(toxicity=task(7, 8)), Endpoints(toxicity=failure, toxicity_challenger="fine"))

    with pytest.raises(FleetError, match=r"toxicity \(champion\)"):
        ask(fleet, OF_CHAMPION)


def test_when_both_fail_the_champions_failure_is_the_error() -> None:
    fleet = fleet_of(Contract(toxicity=task(7, 8)), Endpoints(toxicity=MODEL_ERROR, toxicity_challenger=NOT_FOUND))

    with pytest.raises(ModelError, match=r"toxicity \(champion\)"):
        ask(fleet, OF_CHALLENGER)


def test_a_challenger_that_serves_alone_has_nothing_to_fall_back_to() -> None:
    fleet = fleet_of(Contract(toxicity=task(0, 8)), Endpoints(toxicity_challenger=MODEL_ERROR))

    with pytest.raises(ModelError, match=r"\(challenger\)"):
        ask(fleet, OF_CHAMPION)


def test_a_model_error_has_the_containers_status_and_message() -> None:
    with pytest.raises(ModelError) as caught:
        ask(fleet_of(Contract(toxicity=task()), Endpoints(toxicity=MODEL_ERROR)))

    assert (caught.value.status, caught.value.message) == (503, "out of memory")
    assert str(caught.value) == "toxicity: toxicity (champion): the container answered 503: out of memory"


TRACEBACK = "Traceback (most recent call last):\n" + '  File "serve.py"\n' * 400 + "ValueError:\x1b[31m no such label\n"


def test_what_a_container_says_in_many_lines_is_one_sentence_and_whole_in_the_message() -> None:
    error = refused("ModelError", "Received…", 424, OriginalStatusCode=500, OriginalMessage=TRACEBACK)

    with pytest.raises(ModelError) as caught:
        ask(fleet_of(Contract(toxicity=task()), Endpoints(toxicity=error)))

    sentence = str(caught.value)
    assert sentence.startswith("toxicity: toxicity (champion): the container answered 500: Traceback (most recent")
    assert sentence.endswith(' File "serve.py" ValueError: [31m no such label')  # the end tells the most
    assert sentence.isprintable() and len(sentence) <= 400
    assert caught.value.message == TRACEBACK


def test_an_error_of_any_kind_is_one_line() -> None:
    error = refused("AccessDeniedException", "User is not authorized\n\nto perform:\u2028sagemaker:InvokeEndpoint")

    with pytest.raises(CallFailed, match=r"User is not authorized to perform: sagemaker:InvokeEndpoint$"):
        ask(fleet_of(Contract(toxicity=task()), Endpoints(toxicity=error)))


# The lookup


def test_the_contract_is_read_once_in_its_time_to_live() -> None:
    contract = Contract(toxicity=task())
    fleet = fleet_of(contract)

    for _ in range(5):
        ask(fleet)

    assert contract.reads == 1


def test_many_threads_at_once_read_it_once() -> None:
    contract = Contract(toxicity=task())

    def read() -> Any:
        threading.Event().wait(0.2)
        return contract.read()

    fleet = Fleet(read, cast(Any, Endpoints(toxicity="toxic")))
    with ThreadPoolExecutor(16) as threads:
        given = list(threads.map(lambda _: ask(fleet), range(64)))

    assert len(given) == 64
    assert contract.reads == 1


def test_a_contract_that_is_due_is_read_beside_the_call_and_not_before_it() -> None:
    contract, going_on = Contract(toxicity=task(7)), threading.Event()

    def read() -> Any:
        if contract.reads:
            going_on.wait(10)
        return contract.read()

    fleet = Fleet(read, cast(Any, Endpoints(toxicity="toxic")), ttl=0)
    ask(fleet)
    contract["toxicity"] = task(8)

    assert [ask(fleet).version for _ in range(3)] == [7, 7, 7]

    going_on.set()
    eventually(lambda: ask(fleet).version == 8)


def test_what_was_read_serves_on_while_it_cannot_be_read_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    contract = Contract(toxicity=task(7))
    fleet = fleet_of(contract, ttl=0)
    ask(fleet)
    contract.problem = refused("InternalServerError", "SSM is down", 500)

    with caplog.at_level(logging.WARNING, "fleet.client"):
        eventually(lambda: ask(fleet).version == 7 and "SSM is down; going on with what was read" in caplog.text)

    assert ask(fleet).version == 7


def test_what_was_never_read_is_an_error_and_read_again_by_the_next_call() -> None:
    contract = Contract(toxicity=task())
    fleet = fleet_of(contract)
    contract.problem = refused("AccessDeniedException", "not you")
    with pytest.raises(ContractUnreadable, match=r"the contract could not be read: .*AccessDeniedException: not you"):
        ask(fleet)
    contract.problem = None

    assert ask(fleet).version == 7


def test_a_contract_that_is_not_read_in_time_exceeds_the_deadline(never: threading.Event) -> None:
    def read() -> dict[str, Any]:
        never.wait(60)
        return {}

    fleet = Fleet(read, cast(Any, Endpoints()))

    with pytest.raises(DeadlineExceeded, match="the contract: not read in time"):
        ask(fleet, deadline=0.1)


def test_a_challenger_that_has_ended_since_the_contract_was_read_is_no_fall_back() -> None:
    contract = Contract(toxicity=task(7, 8))
    endpoints = Endpoints(toxicity="toxic", toxicity_challenger="fine")
    fleet = fleet_of(contract, endpoints)
    ask(fleet, OF_CHALLENGER)
    contract["toxicity"] = task(8)  # promoted
    endpoints.does["toxicity-challenger"] = [NOT_FOUND]

    given = [ask(fleet, OF_CHALLENGER) for _ in range(2)]

    assert [(one.variant, one.version, one.fell_back) for one in given] == [("champion", 8, False)] * 2
    assert contract.reads == 2


def test_a_challenger_that_has_ended_before_the_contract_says_so_is_one() -> None:
    contract = Contract(toxicity=task(7, 8))
    fleet = fleet_of(contract)

    given = [ask(fleet, OF_CHALLENGER) for _ in range(5)]

    assert all(one.fell_back and one.version == 7 for one in given)
    assert contract.reads == 2  # the reads out of turn are limited


def test_a_task_that_is_new_is_found_at_once() -> None:
    contract = Contract(spam=task())
    fleet = fleet_of(contract)
    fleet.predict("spam", TOXIC)
    contract["toxicity"] = task()

    assert ask(fleet).version == 7


def test_a_task_that_nobody_knows_does_not_read_the_contract_over_and_over() -> None:
    contract = Contract(toxicity=task())
    fleet = fleet_of(contract)

    for _ in range(5):
        with pytest.raises(TaskUnknown, match=r'^toxicty: the contract has no such task; did you mean "toxicity"\?$'):
            fleet.predict("toxicty", TOXIC)

    assert contract.reads == 2


def test_a_task_is_not_called_unknown_while_the_contract_cannot_be_read() -> None:
    contract = Contract(spam=task())
    fleet = fleet_of(contract)
    fleet.predict("spam", TOXIC)
    contract.problem = refused("InternalServerError", "SSM is down", 500)

    with pytest.raises(ContractUnreadable, match=r"^toxicity: .*SSM is down"):
        ask(fleet)


def test_a_retired_task_names_its_successor() -> None:
    contract = Contract(toxicity=task(0, reason="retired, use toxicity-2", successor="toxicity-2"))

    with pytest.raises(Retired, match=r"^toxicity: is retired, use toxicity-2$") as caught:
        ask(fleet_of(contract))
    assert caught.value.successor == "toxicity-2"


def test_a_task_that_nothing_serves_says_why() -> None:
    with pytest.raises(NotDeployed, match=r"^toxicity: nothing serves it: nothing approved$"):
        ask(fleet_of(Contract(toxicity=task(0, reason="nothing approved"))))


def test_an_endpoint_that_is_gone_for_good_is_not_deployed() -> None:
    with pytest.raises(NotDeployed, match="toxicity of account 123456789012 not found"):
        ask(fleet_of(Contract(toxicity=task()), Endpoints()))


# Its form


def test_a_parameters_text_is_read_like_an_output_and_unknown_fields_are_ignored() -> None:
    content = task(run={"tried": "v8"}, schema=1, owner="team-x")

    assert client.parse("toxicity", json.dumps(content)) == client.parse("toxicity", task())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (task(schema=2), "toxicity: is of schema 2, and fleet.client here reads 1; update it"),
        ({"endpoint": "toxicity"}, "toxicity: is not what the fleet writes of a task (KeyError: 'variants')"),
        ("[secret]", "toxicity: is not what the fleet writes of a task"),
        (3, "toxicity: is not what the fleet writes of a task"),
        ("null", "toxicity: is not what the fleet writes of a task"),
    ],
)
def test_what_cannot_be_understood_is_an_error_that_says_so(content: Any, told: str) -> None:
    with pytest.raises(ContractUnreadable) as caught:
        ask(fleet_of(Contract(toxicity=content)))
    assert str(caught.value).startswith(told)


def test_a_task_that_cannot_be_understood_leaves_the_others_alone() -> None:
    assert ask(fleet_of(Contract(spam=task(schema=2), toxicity=task()))).version == 7


def test_an_app_that_runs_goes_on_while_it_does_not_understand_what_is_new(caplog: pytest.LogCaptureFixture) -> None:
    contract = Contract(toxicity=task())
    fleet = fleet_of(contract, ttl=0)
    ask(fleet)
    contract["toxicity"] = task(schema=2)

    eventually(lambda: ask(fleet).version == 7 and "schema 2" in caplog.text)

    assert ask(fleet).version == 7


@pytest.mark.parametrize(
    "error",
    [TaskUnknown("why"), Retired("why", "toxicity-2"), ModelError("why", 503, "out of memory")],
    ids=lambda error: type(error).__name__,
)
def test_an_error_survives_the_way_to_another_process(error: FleetError) -> None:
    again = pickle.loads(pickle.dumps(error))

    assert (type(again), str(again), vars(again)) == (type(error), "why", vars(error))


def test_it_is_importable_on_its_own_and_takes_boto3_only(tmp_path: Path) -> None:
    shutil.copy(ROOT / "fleet" / "client.py", tmp_path / "fleet_client.py")
    loaded = (
        "print(*{name.partition('.')[0] for name in sys.modules} & {'pulumi', 'pydantic', 'rich', 'yaml', 'fleet'})"
    )

    done = subprocess.run(
        [sys.executable, "-c", f"import sys, fleet_client; {loaded}"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout == "\n"


ALONE = """
import io, os, time
from fleet.client import DeadlineExceeded, Fleet
class Endpoint:
    def invoke_endpoint(self, **request):
        time.sleep(request["EndpointName"] == "silent" and 60)
        return {"Body": io.BytesIO(b"1"), "ContentType": "application/json"}
row = {"version": 1, "weight": 1}
tasks = {name: {"variants": {"champion": {"endpoint": name, **row}}} for name in ("quick", "silent")}
fleet = Fleet(lambda: tasks, Endpoint())
"""


def run_alone(script: str) -> str:
    """What a program prints that is given 20 seconds."""
    command = [sys.executable, "-c", ALONE + script]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=20).stdout


def test_a_program_ends_before_the_calls_that_it_has_given_up() -> None:
    script = "try: fleet.predict('silent', {}, deadline=0.1)\nexcept DeadlineExceeded: print('late')"

    assert run_alone(script) == "late\n"


def test_a_worker_that_is_forked_calls_as_well() -> None:
    script = "call = lambda: print(fleet.predict('quick', {}, deadline=10).answer, flush=True)\n"

    assert run_alone(f"{script}call()\nif os.fork():\n    os.wait()\nelse:\n    call()") == "1\n1\n"


# Against the sandbox: the real boto3, real inference, SSM


@pytest.fixture(scope="module")
def models() -> bool:
    return True


@pytest.fixture
def real(account: Any) -> Any:
    account.deploy("toxicity", "toxicity-v1-3fa9c1")
    account.sandbox.settings(cold_start_seconds=0)
    return account


def write(contract: dict[str, Any]) -> None:
    ssm = boto3.client("ssm", region_name="eu-west-1")
    for name, content in contract.items():
        value = json.dumps({"schema": 1, **content})
        ssm.put_parameter(Name=f"{PATH}/{name}", Value=value, Type="String", Overwrite=True)


def outputs(contract: dict[str, Any]) -> Fleet:
    return Fleet.from_outputs(contract, region="eu-west-1")


def test_a_parameter_a_task_is_found_over_all_pages_with_the_two_actions_of_the_policy(real: Any) -> None:
    write({f"task-{n}": task() for n in range(11)} | {"toxicity": task(1)})
    real.mark = real.sandbox.mark()

    given = Fleet.from_ssm(f"{PATH}/", region="eu-west-1").predict("toxicity", TOXIC)

    assert (given.variant, given.version, given.answer["label"]) == ("champion", 1, "toxic")
    assert real.operations() == ["GetParametersByPath", "GetParametersByPath", "InvokeEndpoint"]
    assert real.sandbox.calls(real.mark)[0].params["Path"] == PATH
    policy = json.loads((ROOT / "docs" / "policies" / "consumer.json").read_text())
    allowed = [statement["Action"] for statement in policy["Statement"]]
    assert allowed == ["ssm:GetParametersByPath", "sagemaker:InvokeEndpoint"]


def test_an_outage_of_ssm_stops_no_call_of_an_app_that_runs(real: Any, caplog: pytest.LogCaptureFixture) -> None:
    write({"toxicity": task(1)})
    fleet = Fleet.from_ssm(PATH, region="eu-west-1", ttl=0)
    ask(fleet)
    real.sandbox.fault("GetParametersByPath", service="ssm", action="error", code="AccessDeniedException", message="no")

    told = f"{PATH} could not be read: GetParametersByPath: AccessDeniedException: no"
    eventually(lambda: ask(fleet).version == 1 and told in caplog.text)
    assert ask(fleet).version == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"code": "ModelNotReadyException", "message": "starting", "status": 429, "times": 5},
        {"code": "ThrottlingException", "times": 5},
        {"drop": True, "times": 1},
    ],
    ids=["cold start", "throttling", "the network"],
)
def test_trouble_that_passes_fails_no_call(real: Any, fault: dict[str, Any]) -> None:
    real.sandbox.fault("InvokeEndpoint", action="error", **fault)

    assert ask(outputs({"toxicity": task(1)})).answer["label"] == "toxic"
    assert real.operations() == ["InvokeEndpoint"] * (fault["times"] + 1)


def test_what_a_model_refuses_has_its_own_status_and_words(real: Any) -> None:
    with pytest.raises(ModelError) as caught:
        outputs({"toxicity": task(1)}).predict("toxicity", {"txt": "a typo"})

    assert caught.value.status == 400
    assert "text" in caught.value.message


def test_a_challenger_that_is_not_there_is_answered_for_by_the_champion(real: Any) -> None:
    given = ask(outputs({"toxicity": task(1, 2)}), OF_CHALLENGER)

    assert (given.variant, given.fell_back) == ("champion", True)
    assert "Endpoint toxicity-challenger of account 123456789012 not found" in given.why_fell_back


def test_an_answer_that_comes_too_late_is_not_waited_for(real: Any) -> None:
    real.sandbox.fault("InvokeEndpoint", action="hold-before")

    with pytest.raises(DeadlineExceeded):
        ask(outputs({"toxicity": task(1)}), deadline=0.5)


def test_outputs_in_a_file_are_read_again_when_they_are_due(real: Any, tmp_path: Path) -> None:
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps({"toxicity": task(1), "another": "output"}))
    fleet = Fleet.from_outputs(file, region="eu-west-1", ttl=0)
    ask(fleet)
    file.write_text(json.dumps({"toxicity": task(2)}))

    eventually(lambda: ask(fleet).version == 2)


def test_a_file_that_is_not_there_is_named(real: Any) -> None:
    with pytest.raises(ContractUnreadable, match=r"^nowhere.json could not be read: FileNotFoundError"):
        ask(Fleet.from_outputs("nowhere.json", region="eu-west-1"))


def test_boto3_reads_for_long_enough_and_leaves_trying_again_to_the_client(real: Any) -> None:
    config: Any = outputs({})._runtime.meta.config

    assert config.read_timeout >= 70
    assert config.retries == {"mode": "standard", "total_max_attempts": 1}
