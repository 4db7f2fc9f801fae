"""The inference server speaks SageMaker's container contract and lives exactly as long as its sandbox."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from sandbox.inference import models
from sandbox.inference.server import MAX_BODY_BYTES, InferenceServer

ROOT = Path(__file__).parents[3]


@contextmanager
def running(alone: tuple[str, int] | None = None) -> Iterator[int]:
    with InferenceServer(alone=alone) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.port
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running() as port:
        yield port


def call(port: int, method: str, path: str, body: str | bytes | None = None) -> tuple[int, Any]:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body)
    response = connection.getresponse()
    status, answer = response.status, json.loads(response.read())
    connection.close()
    return status, answer


def invoke(port: int, model: str, **body: Any) -> tuple[int, Any]:
    return call(port, "POST", f"/models/{model}/invocations", json.dumps(body))


def eventually(holds: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()


def test_a_model_answers_ping(port: int) -> None:
    assert call(port, "GET", "/models/toxicity/1/ping") == (200, {})


def test_an_invocation_gives_label_score_and_what_answered(port: int) -> None:
    status, answer = invoke(port, "sentiment-polarity/2", text="Excellent service, I love it!")
    assert (status, answer["label"]) == (200, "positive")
    assert 0.5 < answer["score"] <= 1
    assert answer["model"].startswith("sentiment-polarity/2: logistic regression")


def test_several_texts_are_answered_in_order(port: int) -> None:
    texts = ["Win free cash now, click here!", "When will my order be shipped?"]
    status, answer = invoke(port, "spam/2", texts=texts)
    assert (status, answer["labels"]) == (200, ["spam", "ham"])
    assert answer["scores"] == [invoke(port, "spam/2", text=text)[1]["score"] for text in texts]


def test_another_version_gives_another_answer(port: int) -> None:
    text = models.differing_text("urgency")
    assert invoke(port, "urgency/1", text=text)[1]["label"] != invoke(port, "urgency/2", text=text)[1]["label"]


def test_a_group_without_data_says_so_in_its_answer(port: int) -> None:
    assert call(port, "GET", "/models/credibility/12/ping") == (200, {})
    assert invoke(port, "credibility/12", text="hello") == (
        200,
        {"label": "unknown", "score": 0.0, "model": "credibility/12: no training data in the sandbox"},
    )


def test_a_text_in_any_script_is_answered(port: int) -> None:
    assert invoke(port, "toxicity/1", text="Où est mon colis ? 📦 お願いします")[0] == 200


@pytest.mark.parametrize("body", ["", "{", "hello", b"\xff\xfe\xfa"])
def test_a_body_that_is_not_json_is_refused(port: int, body: str | bytes) -> None:
    status, answer = call(port, "POST", "/models/toxicity/1/invocations", body)
    assert status == 400
    assert answer["error"].startswith("the body is not JSON: ")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"txt": "a"},
        {"text": ""},
        {"text": " "},
        {"text": 7},
        {"texts": []},
        {"texts": ["a", " "]},
        {"texts": [7]},
        {"texts": "a"},
    ],
)
@pytest.mark.parametrize("model", ["toxicity/1", "credibility/1"])
def test_a_body_without_text_is_refused(port: int, model: str, body: dict[str, Any]) -> None:
    status, answer = invoke(port, model, **body)
    assert status == 400
    assert 'the body must be {"text": "…"} or {"texts": ["…", …]}' in answer["error"]


@pytest.mark.parametrize("body", ["[]", '"a"', "null", "7"])
def test_json_that_is_no_object_is_refused(port: int, body: str) -> None:
    assert call(port, "POST", "/models/toxicity/1/invocations", body)[0] == 400


def test_text_and_texts_together_are_refused(port: int) -> None:
    status, answer = invoke(port, "toxicity/1", text="a", texts=["b"])
    assert (status, answer["error"]) == (400, 'give either "text" or "texts", not both')


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/ping"),
        ("POST", "/invocations"),
        ("POST", "/models/toxicity/1/ping"),
        ("GET", "/models/toxicity/1/invocations"),
        ("GET", "/models/toxicity/ping"),
        ("GET", "/models/toxicity/0/ping"),
        ("GET", "/models/toxicity/latest/ping"),
        ("GET", "/models/../1/ping"),
        ("GET", "/models/toxicity/1/ping/"),
    ],
)
def test_an_unknown_path_is_not_found(port: int, method: str, path: str) -> None:
    status, answer = call(port, method, path)
    assert status == 404
    assert answer["error"].startswith(f"{method} {path}: ")


def test_a_body_over_the_limit_of_serverless_is_refused_unread(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    connection.putrequest("POST", "/models/toxicity/1/invocations")
    connection.putheader("Content-Length", str(MAX_BODY_BYTES + 1))
    connection.endheaders()
    response = connection.getresponse()
    assert (response.status, response.headers["Connection"]) == (413, "close")
    connection.close()


def test_a_connection_serves_again_after_an_error(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    statuses = []
    for body in ("{", '{"text": "a"}'):
        connection.request("POST", "/models/credibility/1/invocations", body)
        response = connection.getresponse()
        response.read()
        statuses.append((response.status, connection.sock is not None))
    assert statuses == [(400, True), (200, True)]
    connection.close()


def test_a_model_that_fails_is_a_server_error_and_not_a_lost_connection(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(group: str, version: int) -> models.Model:
        raise OSError("no such file")

    monkeypatch.setattr(models, "model", broken)
    assert invoke(port, "toxicity/1", text="a") == (500, {"error": "OSError: no such file"})


def test_a_server_for_one_model_has_the_contract_at_its_root() -> None:
    with running(alone=("toxicity", 2)) as port:
        assert call(port, "GET", "/ping") == (200, {})
        status, answer = call(port, "POST", "/invocations", '{"text": "You are all idiots and fools."}')
    assert (status, answer["label"], answer["model"].partition(":")[0]) == (200, "toxic", "toxicity/2")


def test_serving_does_not_load_the_training_library_before_a_prediction() -> None:
    source = "import sys, sandbox.inference.__main__; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", source], cwd=ROOT, check=False).returncode == 0


@contextmanager
def process(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    port_file = folder / "port"
    arguments = [sys.executable, "-m", "sandbox.inference", "--port-file", str(port_file), *options]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True) as started:
        try:
            assert eventually(port_file.exists)
            yield started, int(port_file.read_text())
        finally:
            started.kill()


def test_the_command_serves_where_its_port_file_and_its_output_say(tmp_path: Path) -> None:
    with process(tmp_path, "--model", "toxicity/2") as (started, port):
        assert started.stdout is not None
        assert started.stdout.readline() == f"inference: http://127.0.0.1:{port}\n"
        assert call(port, "GET", "/ping") == (200, {})
        assert invoke(port, "toxicity/1", text="You are all idiots.")[0] == 200
    assert [file.name for file in tmp_path.iterdir()] == ["port"]


def test_the_command_ends_with_its_parent_even_if_nobody_waited_for_that(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with process(tmp_path, "--parent", str(parent.pid)) as (started, port):
            time.sleep(0.7)  # longer than it takes between two looks at the parent
            assert call(port, "GET", "/models/toxicity/1/ping")[0] == 200
            parent.kill()
            assert started.wait(timeout=10) == 0
    finally:
        parent.kill()
        parent.communicate()


@pytest.mark.parametrize("model", ["toxicity", "toxicity/0", "/2", "toxicity/new"])
def test_a_model_that_is_no_group_and_version_is_refused(model: str) -> None:
    arguments = [sys.executable, "-m", "sandbox.inference", "--model", model]
    ended = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False, timeout=10)
    assert ended.returncode == 2
    assert f"{model} is not <group>/<version>, such as toxicity/2" in ended.stderr
