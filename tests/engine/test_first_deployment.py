"""docs/first-deployment.md, command by command: from an empty account to the first answer."""

import os
import re
import shlex
import subprocess
import sys

import pytest

from sandbox.lab.bucket import url
from sandbox.lab.folder import ROOT
from sandbox.lab.handle import Sandbox
from sandbox.lab.stack import Run
from tests.engine import aws_cli
from tests.engine.conftest import Fleet

PAGE = (ROOT / "docs" / "first-deployment.md").read_text()
SANDBOXS = "sandbox-models"  # the bucket whose models the sandbox can run


def blocks() -> list[str]:
    """What is indented on the page, without its indentation."""
    found = re.findall(r"(?:^ {4}.*\n|^\n(?= {4}))+", PAGE, flags=re.MULTILINE)
    return ["\n".join(line.removeprefix("    ") for line in block.splitlines()).strip("\n") for block in found]


def written(beginning: str) -> str:
    return next(block for block in blocks() if block.startswith(beginning)).replace("acme-models", SANDBOXS)


def commands() -> list[str]:
    lines = [line for block in blocks() for line in block.splitlines() if re.match(r"(aws|fleet|pulumi|python) ", line)]
    return [line for line in lines if not line.endswith("# needs AWS")]


@pytest.mark.usefixtures("rights_of_their_own")  # an administrator's, in the steps that need one
def test_an_empty_account_gives_its_first_answer(empty: Fleet) -> None:
    sandbox, folder = empty.sandbox, empty.sandbox.folder
    stack = Fleet(sandbox, "prod").stack
    stack.configure(namePrefix="acme-", tasks=str(folder / "tasks.yaml"))
    assert "namePrefix: acme-" in written("config:")
    (folder / "specification.json").write_text(written("{"))
    (folder / "tasks.yaml").write_text(written("defaults:"))
    (folder / "texts.txt").write_text("you are a stupid idiot\n")
    key, said = "", ""

    for command in commands():
        program, *arguments = shlex.split(command)
        arguments = [one for one in arguments if one not in ("--stack", "prod")]
        if program == "aws":
            answer = aws_cli.run(sandbox, command.replace("<the KeyId that it printed>", key), folder)
            key = answer.get("KeyMetadata", {}).get("KeyId", key)
            continue
        if program == "fleet":
            run = stack.fleet(*arguments)
        elif program == "python":
            run = app(arguments, sandbox)
        else:
            if arguments[:2] == ["stack", "init"]:
                stack.env["PULUMI_BACKEND_URL"] = url(sandbox, "acme-state")
                arguments = [*arguments[:2], "prod", *arguments[2:]]
            run = stack.pulumi(*arguments)
        assert run.ok, f"{command}: {run.text}"
        said += run.text

    assert "1 UP_TO_DATE" in said
    assert "champion (version 1): 1 of 1 answers" in said
    assert sandbox.endpoints() == {}


def app(arguments: list[str], sandbox: Sandbox) -> Run:
    command = [sys.executable, str(ROOT / arguments[0]), *arguments[1:]]
    env = {**os.environ, **sandbox.env}
    done = subprocess.run(command, env=env, cwd=sandbox.folder, capture_output=True, text=True, check=False)
    return Run(done.returncode, done.stdout + done.stderr)
