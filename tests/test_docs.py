"""Every command in the docs is run, by CI or by a test, or is marked as needing AWS."""

import re
from pathlib import Path

import pytest

from sandbox.lab.stack import CI_FLAGS

ROOT = Path(__file__).parent.parent
CI = " ".join(CI_FLAGS)  # as the engine tests and the benchmark run it
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "bootstrap/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]

RUN_BY = {
    "make demo": ".ci/run",
    "make test": ".ci/run",
    "make check": ".ci/run",  # a part of `make test`
    "make fix": "tests/test_project.py",
    "make readme": ".ci/run",
    "make sandbox": "tests/engine/test_by_hand.py",
    "make sandbox-stop": "tests/engine/test_by_hand.py",
    "cd ../.. && make sandbox-stop": "tests/engine/test_by_hand.py",
    "source .sandbox/default/env && cd .sandbox/default": "tests/engine/test_by_hand.py",
    "pulumi preview --suppress-outputs": "tests/engine/test_by_hand.py",
    "pulumi up --yes --suppress-outputs": "tests/engine/test_by_hand.py",
    "python -m sandbox start --seed": "tests/sandbox/lab/test_processes.py",
    "python -m sandbox list": "tests/sandbox/lab/test_processes.py",
    "python -m sandbox stop": "tests/sandbox/lab/test_processes.py",
    "fleet status": "tests/engine/test_status.py",
    "fleet status --json": "tests/engine/test_status.py",
    "fleet status --markdown": "tests/fleet/cli/commands/test_status_command.py",
    "fleet status --watch": "tests/engine/test_status.py",
    "fleet status --alarms": "tests/fleet/cli/commands/test_status_command.py",
    "fleet status --all-stacks": "tests/engine/test_several_stacks.py",
    "fleet alarms": "tests/fleet/cli/commands/test_alarms.py",
    "fleet alarms --json": "tests/fleet/cli/commands/test_alarms.py",
    "fleet cost": "tests/engine/test_cost.py",
    "fleet cost --days 90": "tests/fleet/cli/commands/test_cost.py",
    "fleet cost --json": "tests/engine/test_cost.py",
    'fleet cost --language-model "Nova Micro" --tokens 150 5': "tests/fleet/cli/commands/test_cost.py",
    "fleet cost --language-model ours --tokens 900 20 --token-prices 0.1 0.5": "tests/fleet/cli/commands/test_cost.py",
    "fleet prices": "tests/engine/test_cost.py",
    "fleet prices --refresh": "tests/engine/test_cost.py",
    "fleet report --html report.html": "tests/engine/test_report.py",
    "fleet report --html report.html --stack prod": "tests/fleet/cli/commands/test_report.py",
    "pip install .": "tests/test_install.py",
    "pulumi new <repository>/tree/main/template --generate-only --name text-models": "tests/test_install.py",
    "pip install 'sagemaker-endpoint-manager[report]'": "tests/test_install.py",
    "fleet iam trainer": "tests/fleet/cli/commands/test_iam.py",
    "fleet iam deployer": "tests/fleet/cli/commands/test_iam.py",
    "fleet iam deployer --state s3://acme-state --max-memory-mb 4096": "tests/fleet/cli/commands/test_iam.py",
    "fleet iam execution-role --models acme-models --image text-classifier": "tests/fleet/cli/commands/test_iam.py",
    "fleet iam registry --group spam --models acme-models": "tests/fleet/cli/commands/test_iam.py",
    "fleet init --stack prod": "tests/fleet/cli/commands/test_init.py",
    "fleet init 'sentiment-*' spam --output more.yaml --region eu-west-1": "tests/fleet/cli/commands/test_init.py",
    "fleet validate": "tests/fleet/cli/commands/test_validate.py",
    "fleet validate new.yaml --stack prod": "tests/fleet/cli/commands/test_validate.py",
    "fleet validate --registry": "tests/fleet/cli/commands/test_validate.py",
    "fleet orphans": "tests/fleet/cli/commands/test_orphans.py",
    "fleet orphans --json": "tests/engine/test_orphans.py",
    "fleet orphans --delete": "tests/engine/test_orphans.py",
    "fleet orphans --delete --yes": "tests/engine/test_orphans.py",
    "fleet adopt toxicity": "tests/engine/test_adoption.py",
    "fleet promote toxicity challenger": "tests/fleet/cli/commands/test_promote.py",
    "make training-demo": ".ci/run",
    "fleet register toxicity --run 6f0d31": "tests/fleet/cli/commands/test_register.py",
    "fleet register toxicity --run 6f0d31 --model classifier": "tests/fleet/cli/commands/test_register.py",
    "fleet register toxicity --model-uri models:/toxicity@champion --json": "tests/fleet/cli/commands/test_register.py",
    "fleet versions toxicity": "tests/fleet/cli/commands/test_versions.py",
    "fleet versions toxicity 7 8": "tests/fleet/cli/commands/test_versions.py",
    "fleet versions toxicity serving newest --markdown": "tests/fleet/cli/commands/test_versions.py",
    "fleet versions toxicity 7 8 --lower-is-better ms_per_text": "tests/fleet/cli/commands/test_versions.py",
    "fleet approve toxicity 8 --reason 'fewer false alarms'": "tests/fleet/cli/commands/test_decisions.py",
    "fleet approve toxicity 8 --reason 'better' --as jane --yes": "tests/fleet/cli/commands/test_decisions.py",
    "fleet reject toxicity 8 --reason 'misses slang'": "tests/fleet/cli/commands/test_decisions.py",
    "fleet history toxicity": "tests/fleet/cli/commands/test_history.py",
    "fleet history toxicity --days 30 --json": "tests/fleet/cli/commands/test_history.py",
    "fleet compare toxicity": "tests/fleet/cli/commands/test_compare.py",
    "fleet compare toxicity --hours 48 --minimum 500": "tests/fleet/cli/commands/test_compare.py",
    "fleet compare toxicity --since 2027-01-31T10:00Z": "tests/fleet/cli/commands/test_compare.py",
    "fleet compare toxicity --json": "tests/fleet/cli/commands/test_compare.py",
    "pulumi cancel --yes": "tests/engine/test_recovery.py",
    "pulumi refresh --yes --clear-pending-creates": "tests/engine/test_recovery.py",
    "pulumi stack init prod": "tests/engine/test_lost_state.py",
    "pulumi stack import --file backup.json": "tests/engine/test_lost_state.py",
    "FLEET_DEBUG=1 pulumi preview --debug": "tests/engine/test_recovery.py",
    "pulumi config set registryRoleArn arn:aws:iam::210987654321:role/registry-reader": "tests/engine/"
    "test_registry_elsewhere.py",
    "pulumi config set maxTeardown 5": "tests/engine/test_teardown.py",
    "pulumi config set recreateUntil 2027-01-31": "tests/engine/test_elsewhere.py",
    "pulumi stack rename live": "tests/engine/test_rename.py",
    "pulumi config set parameterPath /fleets/prod": "tests/engine/test_parameter_path.py",
    "pulumi config set aws:maxRetries 10": "tests/engine/test_retries.py",
    "pulumi stack output --json > outputs.json": "tests/engine/test_first_run.py",
    "python examples/app.py toxicity texts.txt --outputs outputs.json": "tests/examples/test_app.py",
    "python examples/app.py toxicity texts.txt --ssm /sagemaker-endpoint-manager/prod": "tests/examples/test_app.py",
    "python examples/app.py toxicity texts.jsonl --outputs outputs.json --key-field user": "tests/examples/test_app.py",
}
FIRST = (  # those that tests/engine/test_first_deployment.py takes from the page itself
    "aws s3api create-bucket --bucket acme-models --create-bucket-configuration LocationConstraint=eu-west-1",
    "aws s3api create-bucket --bucket acme-state --create-bucket-configuration LocationConstraint=eu-west-1",
    "aws s3api put-bucket-versioning --bucket acme-state --versioning-configuration Status=Enabled",
    'aws kms create-key --description "State and secrets of the fleet"',
    "aws kms create-alias --alias-name alias/fleet-prod-state --target-key-id <the KeyId that it printed>",
    "aws sagemaker create-model-package-group --model-package-group-name toxicity",
    "aws sagemaker create-model-package --model-package-group-name toxicity "
    "--inference-specification file://specification.json",
    "aws sagemaker update-model-package --model-package-arn "
    "arn:aws:sagemaker:eu-west-1:123456789012:model-package/toxicity/1 --model-approval-status Approved",
    'pulumi stack init prod --secrets-provider "awskms://alias/fleet-prod-state?region=eu-west-1"',
    "pulumi destroy --stack prod --yes",
)
RUN_BY |= dict.fromkeys(FIRST, "tests/engine/test_first_deployment.py")
CHECKPOINT = ".pulumi/stacks/sagemaker-endpoint-manager/prod.json"
NEEDS_AWS = {
    f"aws s3api list-object-versions --bucket <bucket> --prefix {CHECKPOINT}",
    f"aws s3api copy-object --bucket <bucket> --key {CHECKPOINT} "
    f'--copy-source "<bucket>/{CHECKPOINT}?versionId=<version>"',
    "aws ecr create-repository --repository-name text-classifier",
    "aws s3 cp model.tar.gz s3://acme-models/toxicity/1/model.tar.gz",
    "pulumi login s3://acme-state",
    "aws sagemaker-runtime invoke-endpoint --endpoint-name acme-toxicity --content-type application/json "
    "--body fileb://text.json answer.json",
    "aws sagemaker add-tags --resource-arn <arn> "
    "--tags Key=fleet:project,Value=<project> Key=fleet:stack,Value=<stack>",
    "aws sagemaker update-endpoint --endpoint-name toxicity --endpoint-config-name toxicity-v7-3fa9c1",
    "pulumi login s3://<administrators' bucket>",
    'pulumi stack init prod --secrets-provider "awskms://alias/<administrators\' key>?region=<region>"',
    "pulumi up --stack prod",
    "pulumi stack output variables --stack prod",
    "pulumi login s3://<bucket>",
    'pulumi stack init prod --secrets-provider "awskms://alias/<key>?region=<region>"',
    "pulumi preview --stack prod --suppress-outputs",
    f"pulumi up --stack prod {CI}",
    f"pulumi up {CI}",
    f"pulumi up {CI}".replace(" --refresh", ""),
}


def commands(page: Path) -> list[str]:
    text = re.sub(r"<!-- demo: pasted.*?<!-- demo: end -->", "", page.read_text(), flags=re.DOTALL)
    indented = re.findall(
        r"^ {4,}((?:make|pulumi|python|pip|source|cd|git|fleet|aws) [^\n]*)$", text, flags=re.MULTILINE
    )
    return [re.split(r"\s+# ", command)[0].strip() for command in indented]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_is_run_or_marked(page):
    assert set(commands(page)) <= RUN_BY.keys() | NEEDS_AWS


def test_commands_are_found_at_all():
    assert {"make demo", "make test", "pulumi login s3://<bucket>"} <= set(commands(ROOT / "README.md"))


def test_every_link_between_the_pages_leads_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_link_to_a_section_finds_its_heading():
    for page in PAGES:
        for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text()):
            text = (page.parent / target if target else page).read_text()
            assert anchor in anchors(text), f"{page.name}: {target}#{anchor}"


def anchors(text: str) -> set[str]:
    """As GitHub makes them of headings, and those that are written by hand."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    plain = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings)
    made = {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}
    return made | set(re.findall(r'<a id="([^"]+)"', text))


def test_the_architecture_names_every_module_of_a_room():
    page = (ROOT / "docs" / "architecture.md").read_text()
    rooms = re.findall(r"^\| `(fleet/(?:[\w/]+/)?)` \| (.+) \|", page, flags=re.MULTILINE)
    named = {room: set(re.findall(r"`(\w+)`", words)) for room, words in rooms if room != "fleet/cli/"}

    for room, words in named.items():
        alone = set(re.findall(rf"^\| `{room}(\w+)\.py`", page, flags=re.MULTILINE))
        assert {module.stem for module in (ROOT / room).glob("[!_]*.py")} - words - alone == set(), room
    packages = {f"{path.parent.relative_to(ROOT)}/" for path in (ROOT / "fleet").rglob("__init__.py")}
    assert packages - named.keys() == {"fleet/cli/", "fleet/cli/commands/", "fleet/cli/page/"}  # one row


def test_every_page_is_in_the_index():
    index = (ROOT / "docs" / "README.md").read_text()

    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert len(pages) > 5
    assert [name for name in sorted(pages) if f"]({name}" not in index] == []


def test_every_fault_is_held_by_a_test_that_exists():
    of_runs, _, of_commands = (ROOT / "docs" / "faults.md").read_text().partition("## A version is registered")
    commands = [*(ROOT / "tests" / "fleet").rglob("test_*.py")]
    runs = [*(ROOT / "tests" / "engine").glob("test_*.py"), ROOT / "tests" / "fleet" / "test_gate.py"]

    # Of a run, on the real engine (a gate's random histories apart); of a command, on the sandbox or on MLflow.
    for page, files, least in ((of_runs, runs, 20), (of_commands, commands, 10)):
        named = re.findall(r"`(test_\w+)`", "".join(re.findall(r"\| (`test_\w+`.*) \|$", page, flags=re.MULTILINE)))
        written = "".join(path.read_text() for path in files)
        assert len(named) > least
        assert [name for name in named if f"def {name}(" not in written] == []
