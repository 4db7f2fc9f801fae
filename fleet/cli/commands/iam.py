"""`fleet iam ROLE`: what somebody has to be allowed for this stack, as a policy of IAM. It asks nothing of AWS.

What each role may do, and why, is in fleet/iam/. Nothing of it follows from single tasks, so that a task which comes or
goes needs no new policy.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import yaml

from fleet import config as rules
from fleet.cli import stack, task_list
from fleet.cli.command import CommandError
from fleet.cli.stack import StackConfig
from fleet.iam import backend, policy, roles
from fleet.iam.deployer import EVIDENCE
from fleet.iam.site import Ceilings, Site, State, is_alone, parts

INLINE = 10_240  # characters of all inline policies of a role (IAM user guide, IAM and STS quotas, 2026-11)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("role", choices=roles.ROLES, metavar="ROLE", help=", ".join(roles.ROLES))
    add = parser.add_argument
    add(
        "--models",
        action="append",
        default=[],
        metavar="BUCKET",
        help="bucket of the models, or BUCKET/FOLDER; repeat; default: the stack's artifactBucket",
    )
    add("--model-key", action="append", default=[], metavar="ARN", help="KMS key that encrypts them; repeat")
    add(
        "--image",
        action="append",
        default=[],
        metavar="REPOSITORY",
        help="ECR repository of containers, name or ARN; repeat",
    )
    add("--group", metavar="NAME", help="registry: the policy of this model package group alone")
    add("--state", metavar="URL", help="s3://BUCKET of the state; default: where the engine is logged in")
    add("--state-key", metavar="URL", help="awskms://… of its secrets; default: the stack's secrets provider")
    add("--bound-by", choices=("prefix", "tags"), help="default: the prefix, where no other stack's names begin so")
    add("--formerly", action="append", default=[], metavar="NAME", help="a name that the stack had; repeat")
    add("--parameters", action="append", default=[], metavar="PATH", help="where parameters lie too, while it changes")
    add("--max-memory-mb", type=int, default=0, metavar="MB", help="let no endpoint have more, whatever the list says")
    add("--max-concurrency", type=int, default=0, metavar="N", help="the same of calls at a time")
    stack.add_stack(parser)


def run(options: argparse.Namespace) -> int:
    config = stack.read(stack.selected(options.stack))
    known = site_of(config, options)
    if options.role == roles.REGISTRY:
        known = replace(known, groups=_granted(config, known, options.group))
    site, assumed = _assuming(options.role, known)
    document = roles.document(options.role, site)
    sys.stdout.write(policy.text(document))
    sys.stdout.flush()  # else what follows on standard error may come first
    for note in (*assumed, *_unread(config, options.role, site), *_notes(options.role, site, document)):
        print(f"note: {note}", file=sys.stderr)
    return 0


def _assuming(role: str, site: Site) -> tuple[Site, list[str]]:
    """The stack with what its role needs and nothing tells, as it is most often, and what is said of that."""
    lacks, notes = [name for name in roles.ROLES[role].needs if not getattr(site, name)], []
    if "models" in lacks:
        account = site.registries[0] if role == roles.REGISTRY and site.registries else site.account
        bucket = f"sagemaker-{site.region}-{account}"  # SageMaker's Python SDK makes and takes it
        site = replace(site, models=(bucket,))
        notes.append(f"models are taken to lie in {bucket}, SageMaker's own bucket; --models BUCKET says otherwise")
    if "images" in lacks:
        site = replace(site, images=(site.arn("ecr", "repository/*"),))
        notes.append("every ECR repository of the account may be pulled from; --image REPOSITORY narrows it")
    return site, notes


def site_of(config: StackConfig, options: argparse.Namespace) -> Site:
    """The stack as its policies name it. Raises CommandError where that cannot be told."""
    if not config.access.region:
        raise CommandError("aws:region is not set; run `pulumi config set aws:region <region>`")
    role, path = config.own.get("executionRoleArn"), config.own.get("parameterPath")
    if not role or not rules.ROLE_ARN.fullmatch(role):
        raise CommandError("executionRoleArn says which account it is, and is not set to the ARN of a role")
    said = parts(role)
    paths = [
        *([path] if path else []),
        *options.parameters,
        *map(rules.default_path, _names(config, options, bool(path))),
    ]
    site = Site(
        ownership=config.ownership,
        partition=said["partition"],
        account=said["account"],
        region=config.access.region,
        execution_role=role,
        parameter_paths=tuple(dict.fromkeys(paths)),
        prefix=config.name_prefix,
        by_tags=_by_tags(config, options.bound_by),
        formerly=tuple(options.formerly),
        models=tuple(options.models) or _artifacts(config),
        model_keys=tuple(options.model_key),
        registry_role=config.access.registry_role,
        ceilings=Ceilings(options.max_memory_mb, options.max_concurrency),
    )
    images = (name if name.startswith("arn:") else site.arn("ecr", f"repository/{name}") for name in options.image)
    return replace(site, images=tuple(images), state=_state(config, site, options), groups=_elsewhere(config, site))


def _artifacts(config: StackConfig) -> tuple[str, ...]:
    """Where `fleet register` puts models."""
    bucket = config.own.get("artifactBucket")
    return (bucket,) if bucket else ()


def _names(config: StackConfig, options: argparse.Namespace, has_path: bool) -> Iterator[str]:
    """The stacks whose default path has parameters of this one."""
    if not has_path:
        yield config.ownership.stack
    yield from options.formerly


def _by_tags(config: StackConfig, said: str | None) -> bool:
    if said == "prefix" and not config.name_prefix:
        raise CommandError("--bound-by prefix: the stack has no namePrefix, so that its names begin like everybody's")
    if said:
        return said == "tags"
    return not is_alone(config.name_prefix, _prefixes(config))


def _prefixes(config: StackConfig) -> Iterator[str]:
    """Of all other stacks here. Raises CommandError where that of one cannot be read: it may be anything."""
    for name in stack.names():
        if name != config.ownership.stack:
            yield stack.read_files(name).name_prefix


def _state(config: StackConfig, site: Site, options: argparse.Namespace) -> State | None:
    url, secrets = options.state, options.state_key
    if url is None:
        url = _logged_in()
    if secrets is None:
        secrets = _secrets_provider(config)
    try:
        return backend.state(url, secrets, partition=site.partition, account=site.account, region=site.region)
    except ValueError as error:
        raise CommandError(str(error)) from None


def _logged_in() -> str:
    try:
        said = json.loads(stack.answer("whoami", "--json"))
    except (CommandError, ValueError):
        return ""
    return str(said.get("url", ""))


def _secrets_provider(config: StackConfig) -> str:
    try:
        said = yaml.safe_load(config.file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return ""
    return str(said.get("secretsprovider", "")) if isinstance(said, dict) else ""


def _granted(config: StackConfig, site: Site, name: str | None) -> tuple[str, ...]:
    """The groups that get a policy. Raises CommandError where no task has the one that is named."""
    found = site.groups or tuple(sorted({_arn(group, site) for group in _named(config)}))
    if name:
        found = tuple(group for group in found if name in (group, group.rpartition("/")[2]))
    if name and not found:
        raise CommandError(f"--group: no task is of the group {name}")
    return found


def _elsewhere(config: StackConfig, site: Site) -> tuple[str, ...]:
    """Groups of other accounts, by ARN."""
    arns = {_arn(group, site) for group in _named(config)}
    return tuple(sorted(group for group in arns if parts(group)["account"] != site.account))


def _named(config: StackConfig) -> set[str]:
    return {task.group for task in task_list.read(config).values()}


def _arn(group: str, site: Site) -> str:
    return group if group.startswith("arn:") else site.arn("sagemaker", f"model-package-group/{group}")


def _unread(config: StackConfig, role: str, site: Site) -> Iterator[str]:
    """That a gate may go by what the policy lets nobody read."""
    reads = any(block in EVIDENCE for block in roles.ROLES[role].blocks)
    if reads and not site.models and any(task.gate for task in task_list.read(config).values()):
        yield "tasks have gates, and no report in S3 may be read; --models BUCKET (or artifactBucket) tells of it"


def _notes(role: str, site: Site, document: Mapping[str, Any]) -> Iterator[str]:
    if role == roles.REGISTRY:
        if set(site.registries) <= {site.account}:
            yield "no task names a group of another account, and within its own a stack needs none of these"
        if len(site.groups) > 1:
            yield f"SageMaker takes the policy of one group at a time: --group NAME, for each of {len(site.groups)}"
        return
    if site.state is None and any(block.sid in ("State", "ReadState") for block in roles.ROLES[role].blocks):
        yield "nothing is said of the state, which is not in S3; --state s3://BUCKET says where it will be"
    if (characters := policy.size(document)) > policy.LONGEST:
        yield (
            f"{characters} characters without blanks, and a managed policy has at most {policy.LONGEST}: put it into "
            f"the role itself as an inline policy, which takes {INLINE}, or give the stack a shorter name"
        )
