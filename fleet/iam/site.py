"""What the policies of a stack name: its account and Region, what its names begin with, where its state and models lie.

Pure, and without the tasks: so a task that comes or goes needs no new policy. Which stack is bound by what is decided
here; what each role may do is in deployer.py and its neighbours.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fleet.monitoring import names
from fleet.tags import Ownership

ARN = re.compile(r"arn:(?P<partition>[^:]*):(?P<service>[^:]*):(?P<region>[^:]*):(?P<account>[^:]*):(?P<rest>.+)")
KINDS = ("endpoint", "endpoint-config", "model")  # what a stack makes in SageMaker, in the words of their ARNs


@dataclass(frozen=True)
class State:
    """Where the engine keeps the stack's state: a bucket of S3."""

    bucket: str
    folder: str = ""  # within the bucket, with a slash behind it
    key: str = ""  # ARN of the KMS key of its secrets and of the bucket, or the name of its alias; "" without one


@dataclass(frozen=True)
class Ceilings:
    """What IAM lets no endpoint exceed, whatever the task list says; 0 = no ceiling."""

    memory_mb: int = 0
    max_concurrency: int = 0


@dataclass(frozen=True)
class Site:
    """One stack, as its policies name it."""

    ownership: Ownership
    partition: str
    account: str
    region: str
    execution_role: str  # ARN
    parameter_paths: tuple[str, ...]
    prefix: str = ""  # of every endpoint's name
    by_tags: bool = True  # bound by the tag fleet:stack too, because the prefix is not this stack's alone
    formerly: tuple[str, ...] = ()  # names that the stack had: what it has once is still called by them
    state: State | None = None
    models: tuple[
        str, ...
    ] = ()  # buckets of the models, each with a folder where not all of it is theirs: bucket/folder
    model_keys: tuple[str, ...] = ()  # ARNs of the KMS keys that encrypt them
    images: tuple[str, ...] = ()  # ARNs of the ECR repositories of their containers
    groups: tuple[str, ...] = ()  # ARNs of model package groups in another account
    registry_role: str = ""  # ARN of the role that reads the registry of another account
    ceilings: Ceilings = Ceilings()

    def arn(self, service: str, rest: str, *, region: str | None = None) -> str:
        return f"arn:{self.partition}:{service}:{self.region if region is None else region}:{self.account}:{rest}"

    def own(self, *kinds: str) -> list[str]:
        """What this stack may have of these kinds in SageMaker, by the names."""
        return [self.arn("sagemaker", f"{kind}/{beginning}*") for kind in kinds for beginning in self.beginnings]

    @property
    def beginnings(self) -> tuple[str, ...]:
        """What names of endpoints begin with. SageMaker lower-cases them in ARNs, and IAM compares letter by letter."""
        return tuple(dict.fromkeys((self.prefix, self.prefix.lower())))

    def anybodys(self, *kinds: str) -> list[str]:
        """What there is of these kinds in the Region of this account."""
        return [self.arn("sagemaker", f"{kind}/*") for kind in kinds]

    @property
    def registries(self) -> tuple[str, ...]:
        """Other accounts whose registries have a group of this stack."""
        return tuple(dict.fromkeys(parts(group)["account"] for group in self.groups))

    @property
    def _stacks(self) -> tuple[str, ...]:
        return (self.ownership.stack, *self.formerly)

    @property
    def alarms(self) -> list[str]:
        return [self.arn("cloudwatch", f"alarm:{self.ownership.project}/{stack}/*") for stack in self._stacks]

    @property
    def dashboards(self) -> list[str]:
        """Every page. Dashboards are the whole account's: their ARNs name no Region."""
        pages = (names.dashboard(self.ownership.project, stack, self.region) for stack in self._stacks)
        return [self.arn("cloudwatch", f"dashboard/{page}*", region="") for page in pages]

    @property
    def topics(self) -> list[str]:
        return [self.arn("sns", names.topic(self.ownership.project, stack)) for stack in self._stacks]

    @property
    def rules(self) -> list[str]:
        """Every rule. A name that is too long for AWS ends in a digest of its number."""
        project = self.ownership.project
        beginnings = (names.beginning([names.rule(project, stack, n) for n in (1, 2)]) for stack in self._stacks)
        return [self.arn("events", f"rule/{beginning}*") for beginning in beginnings]

    @property
    def parameters(self) -> list[str]:
        return [self.arn("ssm", f"parameter{path}/*") for path in self.parameter_paths]

    @property
    def log_groups(self) -> list[str]:
        return [self.arn("logs", f"log-group:/aws/sagemaker/Endpoints/{self.prefix}*")]

    def tagged_as_ours(self, key: str) -> Mapping[str, Mapping[str, str | list[str]]]:
        """The condition that the tags are this stack's; `key` is aws:ResourceTag or aws:RequestTag.

        What is there may still name the stack as it was called before; what is asked for never does.
        """
        said: dict[str, str | list[str]] = {f"{key}/{tag}": it for tag, it in self.ownership.of_the_stack().items()}
        if self.formerly and key == "aws:ResourceTag":
            said[f"{key}/fleet:stack"] = [*self._stacks]
        return {"StringEquals": said}


def parts(arn: str) -> dict[str, str]:
    """What an ARN says, by the names of its parts. Raises ValueError where the text is none."""
    found = ARN.fullmatch(arn)
    if found is None:
        raise ValueError(f"{arn!r} is not an ARN")
    return found.groupdict()


def is_alone(prefix: str, others: Iterable[str]) -> bool:
    """Whether no other stack can have a name that begins with this prefix: then the names alone bind the stack.

    Example: of prod- and prod-eu- the first is not alone, for its policy would reach what the other stack makes.
    """
    return bool(prefix) and not any(other.lower().startswith(prefix.lower()) for other in others)
