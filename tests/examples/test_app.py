"""The example app, as its reader runs it, against the sandbox with real inference."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest

APP = Path(__file__).parent.parent.parent / "examples" / "app.py"
TEXTS = ["You are the dumbest support team on this planet.", "", *["My son finds the puzzle too hard."] * 7]


@pytest.fixture(scope="module")
def models() -> bool:
    return True


@pytest.fixture
def outputs(account: Any, tmp_path: Path) -> Path:
    """A champion and a challenger in service, and the outputs of their stack."""
    account.deploy("toxicity", "toxicity-v1-3fa9c1")
    account.deploy("toxicity-challenger", "toxicity-challenger-v1-3fa9c1")
    account.sandbox.settings(cold_start_seconds=0)
    variants = {
        "champion": {"endpoint": "toxicity", "version": 1, "weight": 0.5},
        "challenger": {"endpoint": "toxicity-challenger", "version": 2, "weight": 0.5},
    }
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps({"toxicity": {**variants["champion"], "variants": variants}}))
    return file


def run(*arguments: Any) -> Any:
    return subprocess.run([sys.executable, str(APP), *map(str, arguments)], capture_output=True, text=True, check=False)


def test_every_text_is_answered_and_each_variant_has_its_sum(outputs: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join(TEXTS))

    done = run("toxicity", texts, "--outputs", outputs)

    assert (done.returncode, done.stderr) == (0, "")
    *rows, _, first, second = done.stdout.splitlines()
    assert [" ".join(row.split()[:5]) for row in rows] == [
        "1 champion version 1 toxic",
        *[f"{number} champion version 1 ok" for number in range(3, 9)],
        "9 challenger version 2 ok",
    ]
    assert first == "challenger (version 2): 1 of 8 answers"
    assert second == "champion (version 1): 7 of 8 answers"


def test_a_field_of_the_lines_keeps_its_variant(outputs: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.jsonl"
    texts.write_text("\n".join(json.dumps({"user": "user-17", "text": text}) for text in TEXTS if text))

    done = run("toxicity", texts, "--outputs", outputs, "--key-field", "user")

    assert {row.split()[1] for row in done.stdout.splitlines()[:8]} == {"challenger"}


def test_what_goes_wrong_is_one_sentence(outputs: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_text(TEXTS[0])

    done = run("toxicty", texts, "--outputs", outputs)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f'toxicty: {outputs} has no such task; did you mean "toxicity"?\n'


def test_a_line_without_the_field_is_told(outputs: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.jsonl"
    texts.write_text('{"text": "hello"}')

    done = run("toxicity", texts, "--outputs", outputs, "--key-field", "user")

    assert done.stderr.endswith("texts.jsonl: KeyError: 'user'\n")


def test_it_reads_parameters_as_well(outputs: Path, tmp_path: Path) -> None:
    content = json.dumps({"schema": 1, **json.loads(outputs.read_text())["toxicity"]})
    ssm = boto3.client("ssm", region_name="eu-west-1")
    ssm.put_parameter(Name="/sagemaker-endpoint-manager/prod/toxicity", Value=content, Type="String")
    texts = tmp_path / "texts.txt"
    texts.write_text(TEXTS[0])

    assert run("toxicity", texts, "--ssm", "/sagemaker-endpoint-manager/prod").returncode == 0
