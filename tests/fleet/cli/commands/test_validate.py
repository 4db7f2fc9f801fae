"""`fleet validate` finds everything at once, from files alone; with --registry, also what only AWS knows."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fleet.cli.command import main

ROLE = "arn:aws:iam::123456789012:role/sagemaker-execution"
PROJECT = "sagemaker-endpoint-manager"
TWO = "tasks:\n  toxicity: {}\n  spam: {}\n"
LONG = "a" * 45  # fits without a name prefix, not with "prod-"


class Folder:
    """A project's root, and what the command said last."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path, self._capsys = path, capsys

    def stack(self, name: str = "prod", *, region: str = "eu-west-1", profile: str = '""', **own: str) -> None:
        config = {"aws:region": region, "aws:profile": profile}
        config |= {f"{PROJECT}:{key}": value for key, value in own.items()}
        lines = [f"  {key}: {value}\n" for key, value in config.items()]
        (self.path / f"Pulumi.{name}.yaml").write_text("config:\n" + "".join(lines))

    def tasks(self, text: str, name: str = "tasks.yaml") -> None:
        (self.path / name).write_text(text)

    def validate(self, *arguments: str) -> int:
        code = main(["validate", *arguments])
        self.out, self.errors = (text.splitlines() for text in self._capsys.readouterr())
        return code


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Folder:
    """A project with one stack and two tasks."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text(f"name: {PROJECT}\n")
    folder = Folder(tmp_path, capsys)
    folder.stack(executionRoleArn=ROLE)
    folder.tasks(TWO)
    return folder


# What is checked


def test_a_good_list_is_counted_and_its_stacks_are_named(folder: Folder) -> None:
    folder.stack("staging", executionRoleArn=ROLE)
    assert folder.validate() == 0
    assert (folder.out, folder.errors) == (["tasks.yaml: 2 tasks (stacks prod, staging)"], [])


def test_every_mistake_of_a_list_is_said_with_its_line(folder: Folder) -> None:
    folder.tasks("tasks:\n  toxicity: {memory: 1}\n  spam: {attempt: 0}\n")
    assert folder.validate() == 1
    assert folder.errors[0].startswith("tasks.yaml:2: toxicity.memory: unknown setting")
    assert folder.errors[1:] == ["tasks.yaml:3: spam.attempt: 0 is too small; use at least 1"]
    assert folder.out == []


def test_a_mistake_is_said_once_however_many_stacks_have_it(folder: Folder) -> None:
    folder.stack("staging", executionRoleArn=ROLE, namePrefix="staging-")
    folder.tasks("tasks:\n  toxicity: {memory: 1}\n")
    folder.validate()
    assert len(folder.errors) == 1


def test_names_are_checked_under_every_stacks_prefix(folder: Folder) -> None:
    folder.stack("staging", executionRoleArn=ROLE, namePrefix="prod-")
    folder.tasks(f"tasks:\n  {LONG}: {{}}\n")
    assert folder.validate() == 1
    sentence = f'endpoint "prod-{LONG}" has 50 characters; at most 48 are possible'
    assert folder.errors == [f"tasks.yaml:2: {LONG}: {sentence}"]


def test_one_stack_may_be_checked_alone(folder: Folder) -> None:
    folder.stack("staging", tasks="none.yaml")
    assert folder.validate("--stack", "acme/sagemaker-endpoint-manager/prod") == 0
    assert folder.out == ["tasks.yaml: 2 tasks (stack prod)"]


def test_each_stack_has_the_list_that_it_names(folder: Folder) -> None:
    folder.stack("staging", executionRoleArn=ROLE, tasks="few.yaml")
    folder.tasks("tasks:\n  toxicity: {}\n", "few.yaml")
    folder.validate()
    assert folder.out == ["tasks.yaml: 2 tasks (stack prod)", "few.yaml: 1 task (stack staging)"]


def test_a_file_stands_in_for_the_lists_of_the_stacks(folder: Folder) -> None:
    folder.stack(executionRoleArn=ROLE, namePrefix="prod-", tasks="none.yaml")
    folder.tasks(f"tasks:\n  {LONG}: {{}}\n", "new.yaml")
    assert folder.validate("new.yaml") == 1
    assert "prod-" in folder.errors[0]


def test_a_list_is_checked_alone_where_there_is_no_stack(folder: Folder) -> None:
    (folder.path / "Pulumi.prod.yaml").unlink()
    assert folder.validate() == 0
    assert folder.out == ["tasks.yaml: 2 tasks"]


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        ({}, "executionRoleArn is not set; run `pulumi config set executionRoleArn <arn>`"),
        ({"executionRoleArn": "me"}, "executionRoleArn: 'me' is not the ARN of an IAM role"),
        ({"executionRoleArn": ROLE, "maxTeardown": "3.5"}, "maxTeardown: '3.5' is not a whole number"),
        (
            {"executionRoleArn": ROLE, "namePrefix": "-x"},
            "namePrefix: '-x' is not possible; use letters, digits and hyphens, no hyphen in front",
        ),
    ],
)
def test_what_the_stack_says_is_checked_too(folder: Folder, own: dict[str, str], sentence: str) -> None:
    folder.stack(**own)
    assert folder.validate() == 1
    assert folder.errors == [f"Pulumi.prod.yaml: {sentence}"]


@pytest.mark.parametrize("role", ["{secure: v1:abc}", f'"{ROLE}"'])
@pytest.mark.parametrize("most", ["3", '"3"'])
def test_a_secret_cannot_be_checked_and_quotes_make_no_difference(folder: Folder, role: str, most: str) -> None:
    folder.stack(executionRoleArn=role, maxTeardown=most)
    assert folder.validate() == 0


def test_a_key_without_a_namespace_is_the_projects(folder: Folder) -> None:
    (folder.path / "Pulumi.prod.yaml").write_text(f"config:\n  executionRoleArn: {ROLE}\n  maxTeardown: few\n")
    folder.validate()
    assert folder.errors == ["Pulumi.prod.yaml: maxTeardown: 'few' is not a whole number"]


def test_what_the_project_says_for_every_stack_is_checked_with_each(folder: Folder) -> None:
    defaults = f"config: {{executionRoleArn: {ROLE}, namePrefix: prod-, maxTeardown: few}}\n"
    (folder.path / "Pulumi.yaml").write_text(f"name: {PROJECT}\n{defaults}")
    folder.stack(maxTeardown="3")
    folder.stack("staging")
    folder.tasks(f"tasks:\n  {LONG}: {{}}\n")
    assert folder.validate() == 1
    assert folder.errors[0] == "Pulumi.staging.yaml: maxTeardown: 'few' is not a whole number"
    assert [f'endpoint "prod-{LONG}"' in line for line in folder.errors[1:]] == [True]


def test_stacks_are_found_in_the_folder_that_the_project_names(folder: Folder) -> None:
    (folder.path / "Pulumi.yaml").write_text(f"name: {PROJECT}\nstackConfigDir: stacks\n")
    (folder.path / "stacks").mkdir()
    (folder.path / "Pulumi.prod.yaml").rename(folder.path / "stacks" / "Pulumi.live.yaml")
    assert folder.validate() == 0
    assert folder.out == ["tasks.yaml: 2 tasks (stack live)"]
    (folder.path / "stacks" / "Pulumi.live.yaml").write_text("config: {executionRoleArn: me}\n")
    folder.validate()
    assert folder.errors == ["stacks/Pulumi.live.yaml: executionRoleArn: 'me' is not the ARN of an IAM role"]


def test_what_the_project_asks_of_every_stack_is_missed(folder: Folder) -> None:
    asked = "config: {executionRoleArn: {type: string}, costCentre: {type: string}}\n"
    (folder.path / "Pulumi.yaml").write_text(f"name: {PROJECT}\n{asked}")
    assert folder.validate() == 1
    assert folder.errors == ["Pulumi.prod.yaml: costCentre is not set; run `pulumi config set costCentre <value>`"]


def test_what_only_the_engine_reads_is_said_and_no_mistake(folder: Folder) -> None:
    (folder.path / "Pulumi.prod.yaml").write_text(
        "environment: [fleet/prod]\nconfig:\n  namePrefix: {secure: v1:abc}\n  aws:accessKey: AKIA\n"
        "  aws:secretKey: {secure: v1:abc}\n"
    )
    assert folder.validate() == 0
    assert folder.out == [
        "note: Pulumi.prod.yaml: aws:secretKey: only the engine can read it, so its value is not checked",
        f"note: Pulumi.prod.yaml: {PROJECT}:namePrefix: only the engine can read it, so its value is not checked",
        "note: Pulumi.prod.yaml: imports environments, which only the engine reads; what they set is not checked",
        "tasks.yaml: 2 tasks (stack prod)",
    ]


def test_the_registry_is_not_asked_as_somebody_else(folder: Folder) -> None:
    folder.stack(executionRoleArn=ROLE)
    with (folder.path / "Pulumi.prod.yaml").open("a") as file:
        file.write("  aws:accessKey: AKIA\n  aws:secretKey: {secure: v1:abc}\n")
    assert folder.validate("--registry") == 1
    assert folder.errors == ["the registry is not asked for stack prod: only the engine can read aws:secretKey"]


def test_what_the_engine_reads_as_something_else_than_it_looks_like_is_told_with_its_line(folder: Folder) -> None:
    (folder.path / "Pulumi.yaml").write_text(f"name: {PROJECT}\nconfig:\n  maxTeardown: {{default: 0o10}}\n")
    lines = [
        f"executionRoleArn: {ROLE}",
        "namePre\u00adfix: prod-",
        "parameterPath: /fle\u200bets",
        "tasks: 010",
        "aws:allowedAccountIds: [000012345670]",
        "recreateUntil: 2099-01-31",
        "other:thing: [1.0, a\u200bb]",
        "on: yes",
    ]
    (folder.path / "Pulumi.prod.yaml").write_text("config:\n" + "".join(f"  {line}\n" for line in lines))
    assert folder.validate() == 1
    unseen, in_quotes = "cannot be seen; take it out", "to the engine; put it in quotes"
    assert folder.errors[:6] == [
        f"Pulumi.yaml:3: maxTeardown.default: 0o10 is 8 {in_quotes}, or write 8",
        rf"Pulumi.prod.yaml:3: namePre\u00adfix: U+00AD (SOFT HYPHEN) in column 10 {unseen}",
        f"Pulumi.prod.yaml:4: parameterPath: U+200B (ZERO WIDTH SPACE) in column 22 {unseen}",
        f"Pulumi.prod.yaml:5: tasks: 010 is 8 {in_quotes}, or write 8",
        f"Pulumi.prod.yaml:6: aws:allowedAccountIds: 000012345670 is 2739128 {in_quotes}, or write 2739128",
        f"Pulumi.prod.yaml:7: recreateUntil: 2099-01-31 is 2099-01-31 00:00:00 +0000 UTC {in_quotes}",
    ]
    assert folder.errors[6:] == ["8: cannot be read: No such file or directory"]


BROKEN = {
    "not YAML": ("config: [", "Pulumi.prod.yaml:1: is not plain YAML: expected the node content, but found"),
    "not a mapping": ("config: [a]", "Pulumi.prod.yaml: config is not a mapping"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_configuration_that_cannot_be_read_does_not_hide_what_is_wrong_with_the_list(
    folder: Folder, what: str
) -> None:
    text, sentence = BROKEN[what]
    (folder.path / "Pulumi.prod.yaml").write_text(text)
    folder.tasks("tasks: {}\n")
    assert folder.validate() == 1
    assert folder.errors[0].startswith(sentence)
    assert folder.errors[1:] == ["tasks.yaml:1: tasks: needs at least one entry"]


def test_a_stack_without_a_configuration_is_an_error(folder: Folder) -> None:
    assert folder.validate("--stack", "prd") == 1
    sentence = "Pulumi.prd.yaml: cannot be read: No such file or directory; run this in the project's root"
    assert folder.errors == [sentence]


def test_neither_the_engine_nor_botocore_is_imported(folder: Folder) -> None:
    code = "import sys, fleet.cli.command as c; c.main(['validate']); print({'botocore', 'pulumi'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder.path)
    assert done.stdout.splitlines()[-1] == "set()"


# With --registry: what it finds is tests/fleet/aws/operator/test_catalog.py's


def test_the_registry_is_not_asked_unless_it_is_to_be(folder: Folder, account: Any) -> None:
    folder.validate()
    assert account.operations() == []


def test_the_registry_is_asked_once_for_all_stacks_of_a_region(folder: Folder, account: Any) -> None:
    folder.stack("staging", executionRoleArn=ROLE, namePrefix="staging-")
    account.sandbox.register("toxicity")
    account.sandbox.register("spam")
    mark = account.sandbox.mark()
    assert folder.validate("--registry") == 0
    assert folder.out == ["tasks.yaml: 2 tasks (stacks prod, staging)"]
    calls = sorted(call.operation for call in account.sandbox.calls(mark))
    assert calls == ["DescribeImages"] + ["DescribeModelPackage"] * 2 + ["ListModelPackages"] * 2


def test_a_mistake_in_the_registry_ends_with_1_and_a_note_with_0(folder: Folder, account: Any) -> None:
    account.sandbox.register("spam")
    account.sandbox.register("toxicity", approval="PendingManualApproval")
    assert folder.validate("--registry") == 0
    assert folder.out[0].startswith("note: toxicity: nothing approved")
    folder.tasks("tasks:\n  toxicty: {}\n  spam: {}\n")
    assert folder.validate("--registry") == 1
    sentence = 'model package group "toxicty" does not exist in eu-west-1; did you mean "toxicity"?'
    assert folder.errors == [f"toxicty: {sentence}"]


def test_what_the_registry_says_is_found_beside_what_the_files_say(folder: Folder, account: Any) -> None:
    folder.stack(executionRoleArn="me")
    folder.stack("bad", executionRoleArn=ROLE, tasks="none.yaml")
    folder.validate("--registry")
    starts = ["Pulumi.prod.yaml: executionRoleArn", "none.yaml: cannot be read", "toxicity: model", "spam: model"]
    assert [error.startswith(start) for error, start in zip(folder.errors, starts, strict=True)] == [True] * 4


def test_a_finding_names_the_stack_where_they_have_registries_of_their_own(folder: Folder, account: Any) -> None:
    folder.stack("staging", region="eu-central-1", executionRoleArn=ROLE)
    account.sandbox.register("toxicity")
    account.sandbox.register("spam")
    folder.validate("--registry")
    missing = 'model package group "{0}" does not exist in eu-central-1 (stack staging)'
    assert folder.errors == [f"{task}: {missing.format(task)}" for task in ("toxicity", "spam")]


def test_a_stack_without_a_region_cannot_be_asked_about(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.stack(region='""', executionRoleArn=ROLE)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    assert folder.validate("--registry") == 1
    assert folder.errors == ["the Region is not known; set aws:region in the stack or AWS_REGION"]


def test_a_profile_that_is_not_there_is_one_sentence(folder: Folder, account: Any) -> None:
    folder.stack(profile="nobody", executionRoleArn=ROLE)
    assert folder.validate("--registry") == 1
    assert folder.errors == ["ProfileNotFound: The config profile (nobody) could not be found"]


# Prices


def test_a_price_that_cannot_be_used_is_said_with_its_line(folder: Folder) -> None:
    row = "{item: serverless-compute, region: eu-west-1, value: 18, currency: EUR, as_of: 2026-11-01, source: us}"
    (folder.path / "prices.yaml").write_text(f"prices:\n  - {row}\n")
    folder.stack("staging", executionRoleArn=ROLE)
    assert folder.validate() == 1
    (said,) = folder.errors
    assert said.startswith('prices.yaml:2: serverless-compute in eu-west-1: currency "EUR" is not USD')


def test_a_language_model_without_a_price_is_a_mistake(folder: Folder) -> None:
    folder.tasks("tasks:\n  toxicity: {language_model: {name: Nova Mikro}}\n  spam: {}\n")
    assert folder.validate() == 1
    assert folder.errors[0].startswith('tasks.yaml: toxicity: no price of the language model "Nova Mikro"')


def test_one_that_the_prices_beside_the_list_know_is_none(folder: Folder) -> None:
    rows = "".join(
        f"  - {{item: {item}, of: Ours, region: any, value: 1, as_of: 2026-11-01, source: us}}\n"
        for item in ("tokens-in", "tokens-out")
    )
    (folder.path / "prices.yaml").write_text(f"prices:\n{rows}")
    folder.tasks("tasks:\n  toxicity: {language_model: {name: Ours}}\n")
    assert folder.validate() == 0


# Several stacks with one list


def test_a_task_that_no_stack_is_for_is_a_mistake(folder: Folder) -> None:
    folder.stack("us", region="us-east-1", executionRoleArn=ROLE, part="b")
    folder.tasks("tasks:\n  toxicity: {regions: [eu-wset-1]}\n  spam: {part: b}\n  urgency: {}\n")

    assert folder.validate() == 1
    assert folder.errors == ["tasks.yaml: toxicity: no stack is for eu-wset-1"]


def test_a_part_and_a_region_that_never_meet_are_a_mistake(folder: Folder) -> None:
    folder.stack(executionRoleArn=ROLE, part="a")
    folder.stack("us", region="us-east-1", executionRoleArn=ROLE, part="b")
    folder.tasks("tasks:\n  a: {part: a}\n  b: {part: b}\n  c: {part: b, regions: [eu-west-1]}\n")

    assert folder.validate() == 1
    assert folder.errors == ["tasks.yaml: c: no stack is for part b in eu-west-1"]


def test_one_stack_alone_does_not_tell_what_the_others_are_for(folder: Folder) -> None:
    folder.tasks("tasks:\n  toxicity: {regions: [us-east-1]}\n  spam: {}\n")

    assert folder.validate("--stack", "prod") == 0


def test_a_stack_whose_part_no_task_has_is_a_mistake_of_its_file(folder: Folder) -> None:
    folder.stack(executionRoleArn=ROLE, part="blu")
    folder.tasks("tasks:\n  toxicity: {part: blue}\n  spam: {}\n")

    assert folder.validate("--stack", "prod") == 1
    assert folder.errors == ["Pulumi.prod.yaml: part: no task is of part blu; did you mean blue?"]


def test_what_an_environment_may_set_is_not_taken_for_said(folder: Folder) -> None:
    folder.tasks("tasks:\n  toxicity: {part: b}\n  spam: {regions: [us-east-1]}\n")
    file = folder.path / "Pulumi.prod.yaml"
    file.write_text(f"environment: [shared]\n{file.read_text()}")

    assert folder.validate() == 0
