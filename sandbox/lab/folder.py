"""The folder of a running sandbox: where it is, what to source, and copies of the files that a stack writes or edits.

Everything about it is in here, so that removing the folder leaves nothing behind.
"""

import json
import os
import shlex
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from sandbox.aws.identity import SECRET, access_key
from sandbox.aws.world import FIRST_ACCOUNT, REGION

ROOT = Path(__file__).resolve().parents[2]  # of the project
RECORD = "sandbox.json"
ENVIRONMENT = "env"
STACK_CONFIG = "Pulumi.sandbox.yaml"
TASKS = "tasks.yaml"
PROJECT = "sagemaker-endpoint-manager"
OF_EVERY_STACK = ("aws:maxRetries",)  # of the configuration in Pulumi.yaml

# The user's own settings that would lead to AWS, and not to the sandbox
_UNSET = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_SAGEMAKER")


@dataclass(frozen=True)
class Running:
    """What sandbox.json says; process ids, where they answer, and the account that they play."""

    name: str
    url: str
    pid: int
    inference_url: str
    inference_pid: int
    account: str = FIRST_ACCOUNT

    def write(self, folder: Path) -> None:
        (folder / RECORD).write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def read(cls, folder: Path) -> "Running | None":
        try:
            return cls(**json.loads((folder / RECORD).read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None


def environment(folder: Path, url: str, account: str) -> dict[str, str]:
    """The variables with which boto3, the pulumi CLI and the program meet the sandbox instead of AWS."""
    path = [ROOT / "sandbox" / "plugin", ROOT / ".venv" / "bin", ROOT / ".tools" / "bin"]
    no_proxy = [host for host in os.environ.get("NO_PROXY", "").split(",") if host]
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": access_key(account),
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": ",".join(dict.fromkeys([*no_proxy, "127.0.0.1", "localhost"])),
        "PULUMI_HOME": str(folder / "pulumi"),
        # Without the metadata file beside each state: it can be read half-written while the engine saves
        "PULUMI_BACKEND_URL": f"file://{folder / 'pulumi' / 'state'}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE": "sandbox",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "1",
        "PULUMI_CONTINUE_ON_ERROR": "true",
        "PULUMI_PARALLEL": "64",
        # The stand-in provider waits as the real one does, for up to an hour: nobody is to wait for that here
        "SANDBOX_PROVIDER_SECOND": "0.02",
        "PATH": os.pathsep.join([*map(str, path), os.environ.get("PATH", "")]),
    }


def prepare(folder: Path, url: str, tasks: Path, account: str) -> None:
    """Fills the folder: Pulumi's home and state, `env` to source, and a project with copies of what runs change."""
    (folder / "pulumi" / "state").mkdir(parents=True)
    lines = [f"unset {' '.join(_UNSET)}"]
    variables = environment(folder, url, account)
    path = variables.pop("PATH").removesuffix(os.environ.get("PATH", ""))
    lines += [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
    lines.append(f'export PATH={shlex.quote(path)}"$PATH"')  # the PATH of who sources it, not of who started it
    (folder / ENVIRONMENT).write_text("\n".join(lines) + "\n")
    _lay_out_project(folder, tasks, account)


def _lay_out_project(folder: Path, tasks: Path, account: str) -> None:
    """A Pulumi project that runs the program from where it is.

    The CLI writes into Pulumi.<stack>.yaml, and people edit the task list: here both are copies. What Pulumi.yaml says
    for the team's own stacks is not taken over, and what it says for every stack is.
    """
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    said = project.pop("config", None)
    place = project.pop("stackConfigDir", said if isinstance(said, str) else "")
    if isinstance(said, dict):
        project["config"] = {key: said[key] for key in OF_EVERY_STACK if key in said}
    project["main"] = str(ROOT)
    # By its path: the engine warns in every run about a plugin that it finds on PATH only.
    project["plugins"] = {"providers": [{"name": "aws", "path": str(ROOT / "sandbox" / "plugin")}]}
    project["runtime"]["options"]["virtualenv"] = str(ROOT / ".venv")
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump(project, sort_keys=False))
    config = yaml.safe_load((ROOT / place / STACK_CONFIG).read_text().replace(FIRST_ACCOUNT, account))
    config["config"][f"{PROJECT}:tasks"] = str(folder / TASKS)
    (folder / STACK_CONFIG).write_text(yaml.safe_dump(config, sort_keys=False))
    shutil.copyfile(tasks, folder / TASKS)


def groups(tasks: Path) -> list[str]:
    """The model package groups that a task list names, in its order."""
    listed = yaml.safe_load(tasks.read_text())["tasks"]
    return list(dict.fromkeys(str((task or {}).get("group", name)).split("/")[-1] for name, task in listed.items()))
