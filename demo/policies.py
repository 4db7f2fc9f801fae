"""The policies in docs/policies: what `fleet iam` prints for the demo's fleet, as if its state lay in S3.

`python -m demo.policies` writes them; with `--check` it names those that are stale. The registry's side is
that of one group in another account.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from demo.team import TASK
from fleet.cli import stack
from fleet.cli.commands import iam
from fleet.iam import policy, roles
from fleet.iam.site import Site
from sandbox.aws.world import ACCOUNT, REGION
from sandbox.lab.folder import ROOT

FOLDER = ROOT / "docs" / "policies"
REGISTRY_ACCOUNT = "210987654321"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
MODEL_KEY = KEY.replace("1234abcd", "5678dcba")
OPTIONS = {
    "--state": "s3://sandbox-state",
    "--state-key": f"awskms:///{KEY}",
    "--models": "sandbox-models",
    "--model-key": MODEL_KEY,
    "--image": "text-classifier",
}


def documents() -> Iterator[tuple[Path, str]]:
    """Every file, and what is to be in it."""
    parser = argparse.ArgumentParser()
    iam.arguments(parser)
    given = [word for option in OPTIONS.items() for word in option]
    for role in roles.ROLES:
        site = iam.site_of(stack.read_files("sandbox", ROOT), parser.parse_args([role, *given]))
        yield (
            FOLDER / f"{role}.json",
            policy.text(roles.document(role, _elsewhere(site) if role == roles.REGISTRY else site)),
        )


def _elsewhere(site: Site) -> Site:
    """The same fleet with a group, its models and their key in another account, and a role of it that reads."""
    return replace(
        site,
        groups=(f"arn:aws:sagemaker:{site.region}:{REGISTRY_ACCOUNT}:model-package-group/{TASK}",),
        model_keys=tuple(key.replace(ACCOUNT, REGISTRY_ACCOUNT) for key in site.model_keys),
        registry_role=f"arn:aws:iam::{REGISTRY_ACCOUNT}:role/registry-reader",
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.policies", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 where one is stale")
    check = parser.parse_args().check
    stale = [(path, text) for path, text in documents() if not path.exists() or path.read_text() != text]
    for path, text in stale:
        if check:
            print(f"{path.relative_to(ROOT)} is stale: make policies", file=sys.stderr)
        else:
            path.write_text(text)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
