"""`fleet register`: what it asks for and what it says. What becomes of the model is test_registration.py's."""

import json
import os
import sys

import pytest

from fleet.cli.command import main
from fleet.cli.commands import register as command
from fleet.registration import Registered, RegistrationError
from tests.fleet.models_of_mlflow import BUCKET, IMAGE

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/8"
NEW, AGAIN = Registered(8, ARN, True), Registered(8, ARN, False)
CLASSIFIER = ["register", "toxicity", "--run", "6f0d31"]


@pytest.fixture
def project(prod, account):
    """A stack prod with a bucket, and a task with an image and a gate."""
    config = (prod / "Pulumi.prod.yaml").read_text()
    (prod / "Pulumi.prod.yaml").write_text(f"{config}  sagemaker-endpoint-manager:artifactBucket: {BUCKET}\n")
    (prod / "tasks.yaml").write_text(
        f"tasks:\n  toxicity: {{image: '{IMAGE}', gate: {{metric: f1_macro, min: 0.8}}}}\n  spam: {{}}\n"
    )
    return prod


@pytest.fixture
def asked(monkeypatch):
    """What registering was asked for; it gives NEW, or what the test puts into `answer`."""
    seen = {"answer": NEW}
    for name in command.MLFLOW:  # what the command sets is gone after the test
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)

    def register(group, **wanted):
        seen.update(wanted, group=group)
        wanted["progress"]("uploading", 0, 2_000_000)
        wanted["progress"]("uploading", 2_000_000, 2_000_000)
        if isinstance(seen["answer"], Exception):
            raise seen["answer"]
        return seen["answer"]

    monkeypatch.setattr(command, "register", register)
    return seen


def run(*arguments):
    return main([*arguments, "--stack", "prod"])


def test_a_run_is_registered_in_the_image_of_the_task_and_the_bucket_of_the_stack(project, asked, capsys):
    assert run(*CLASSIFIER) == 0

    assert (asked["group"], asked["run"], asked["image"], asked["bucket"]) == ("toxicity", "6f0d31", IMAGE, BUCKET)
    assert asked["gated"] == ["f1_macro"]
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"toxicity: version 8 registered, PendingManualApproval: {ARN}",
        "next: `fleet versions toxicity` compares it, `fleet approve toxicity 8 --reason …` approves it",
    ]


def test_a_model_of_several_is_named(project, asked):
    assert run(*CLASSIFIER, "--model", "classifier") == 0

    assert (asked["run"], asked["model"]) == ("6f0d31", "classifier")


def test_a_model_of_mlflows_registry_is_registered_and_json_says_which_version_it_is(project, asked, capsys):
    assert run("register", "toxicity", "--model-uri", "models:/toxicity@champion", "--json") == 0

    assert (asked["model_uri"], asked["run"]) == ("models:/toxicity@champion", "")
    said = json.loads(capsys.readouterr().out)
    assert said == {"schema": 1, "package": ARN, "version": 8, "created": True, "warnings": []}


def test_what_is_registered_already_is_no_mistake(project, asked, capsys):
    asked["answer"] = AGAIN

    assert run(*CLASSIFIER) == 0
    assert capsys.readouterr().out == f"toxicity: version 8 is this model already; nothing was changed: {ARN}\n"


def test_other_images_and_buckets_can_be_named(project, asked):
    assert run("register", "spam", "--run", "6f0d31", "--image", "other", "--bucket", "elsewhere") == 0

    assert (asked["image"], asked["bucket"], asked["gated"]) == ("other", "elsewhere", [])


def test_the_image_is_never_guessed(project, asked, capsys):
    assert run("register", "spam", "--run", "6f0d31") == 1

    said = "which container image runs the model is never guessed; set `image` of spam in tasks.yaml, or give --image"
    assert capsys.readouterr().err == f"fleet register: spam: {said}\n"


def test_without_a_bucket_it_is_said_how_to_name_one(project, asked, capsys):
    (project / "Pulumi.prod.yaml").write_text("config:\n  aws:region: eu-west-1\n")

    assert run(*CLASSIFIER) == 1
    assert "no bucket is named; run `pulumi config set artifactBucket <bucket>`" in capsys.readouterr().err


def test_a_model_uri_and_a_name_exclude_each_other(project, asked, capsys):
    assert run("register", "toxicity", "--model-uri", "models:/m-1", "--model", "classifier") == 1

    assert "--model names one of several models of a --run" in capsys.readouterr().err


def test_what_is_wrong_is_one_sentence_and_exit_code_1(project, asked, capsys):
    asked["answer"] = RegistrationError("run 6f0d31 is FAILED; nothing was registered")

    assert run(*CLASSIFIER) == 1
    assert capsys.readouterr().err.endswith("fleet register: toxicity: run 6f0d31 is FAILED; nothing was registered\n")


def test_warnings_go_to_stderr(project, asked, capsys):
    asked["answer"] = Registered(8, ARN, True, ("it has no metrics",))

    assert run(*CLASSIFIER) == 0
    assert "warning: toxicity: it has no metrics" in capsys.readouterr().err.splitlines()


def test_without_a_terminal_each_step_is_one_line(project, asked, capsys):
    run(*CLASSIFIER)

    assert capsys.readouterr().err == "toxicity: uploading (2.0 MB)\n"


def test_on_a_terminal_one_line_says_how_much_has_gone(project, asked, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    run(*CLASSIFIER)

    assert capsys.readouterr().err.endswith("\r\033[K" + "toxicity: uploading: 2.0 of 2.0 MB\n")


def test_mlflow_is_given_up_on_within_minutes_unless_somebody_said_otherwise(project, asked, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "300")

    run(*CLASSIFIER)

    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "300"
    assert os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] == "2"
