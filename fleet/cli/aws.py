"""AWS for the commands: where the program makes do with "could not find out", a command says so and ends."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from fleet.access import Access
from fleet.aws import identity, reading, session
from fleet.aws.operator import metrics
from fleet.cli.command import CommandError
from fleet.cli.stack import StackConfig
from fleet.seen import Unknown

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_sagemaker import SageMakerClient

T = TypeVar("T")


def sagemaker(config: StackConfig) -> "SageMakerClient":
    """A client for the stack's Region."""
    _check(config)
    return ask(lambda: session.sagemaker(config.access))


def reader(config: StackConfig, group: str) -> "tuple[SageMakerClient, Access]":
    """Who reads a model package group: its client, and as whom the files of its versions are read."""
    _check(config)
    access = reading.of(config.access, group)
    return ask(lambda: session.sagemaker(access)), access


def cloudwatch(config: StackConfig) -> "CloudWatchClient":
    """A client of CloudWatch for the stack's Region."""
    _check(config)
    return ask(lambda: metrics.client(config.access))


def _check(config: StackConfig) -> None:
    if not config.access.region:
        raise CommandError("aws:region is not set; run `pulumi config set aws:region <region>`")
    if objection := ask(lambda: identity.objection(config.access)):
        raise CommandError(objection)


def ask(call: Callable[[], T]) -> T:
    """What the call returns; raises CommandError with a sentence that names the AWS call and its error."""
    answer = session.ask(call)
    if isinstance(answer, Unknown):
        raise CommandError(answer.error)
    return answer
