"""How this program speaks to AWS: one client per process, patient retries, and errors as one sentence."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from botocore.config import Config
from botocore.exceptions import ClientError

from fleet.access import Access
from fleet.aws import identity, patience
from fleet.seen import Unknown

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_ecr import ECRClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_pricing import PricingClient
    from mypy_boto3_sagemaker import SageMakerClient
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient
    from mypy_boto3_service_quotas import ServiceQuotasClient
    from mypy_boto3_ssm import SSMClient

THREADS = 16
LONGEST_CALL = 75  # seconds; a container has 60 for its answer (developer guide, serverless endpoints, 2026-11)

LONGEST_SENTENCE = 400  # characters; an answer may be a proxy's page
ROUNDS = 3  # of all attempts, where a call is throttled

_THROTTLED = frozenset({"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"})

T = TypeVar("T")
U = TypeVar("U")


def sagemaker(access: Access) -> "SageMakerClient":
    """A SageMaker client. AWS_ENDPOINT_URL and the other AWS variables are honoured, as boto3 does.

    Throttling bursts pass, by the attempts of patience.py and by `patiently`.
    """
    return client(access, "sagemaker", _patient())


def ssm(access: Access) -> "SSMClient":
    """A client of Parameter Store, as patient."""
    return client(access, "ssm", _patient())


def logs(access: Access) -> "CloudWatchLogsClient":
    """A client of CloudWatch Logs, as patient."""
    return client(access, "logs", _patient())


def autoscaling(access: Access) -> "ApplicationAutoScalingClient":
    """A client of Application Auto Scaling, as patient."""
    return client(access, "application-autoscaling", _patient())


def cloudwatch(access: Access) -> "CloudWatchClient":
    """A client of CloudWatch, as patient."""
    return client(access, "cloudwatch", _patient())


def hasty_cloudwatch(access: Access) -> "CloudWatchClient":
    """A client of CloudWatch for what a run can do without: it is not to end minutes later for that."""
    soon = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=5, read_timeout=10)
    return client(access, "cloudwatch", soon)


def s3(access: Access) -> Any:
    """A client of S3, as patient."""
    return client(access, "s3", _patient())


def events(access: Access) -> "EventBridgeClient":
    """A client of EventBridge, as patient."""
    return client(access, "events", _patient())


@overload
def client(
    access: Access, service: Literal["application-autoscaling"], config: Config
) -> "ApplicationAutoScalingClient": ...
@overload
def client(access: Access, service: Literal["cloudwatch"], config: Config) -> "CloudWatchClient": ...
@overload
def client(access: Access, service: Literal["cloudtrail"], config: Config) -> Any: ...  # not among the pinned stubs
@overload
def client(access: Access, service: Literal["ecr"], config: Config) -> "ECRClient": ...
@overload
def client(access: Access, service: Literal["events"], config: Config) -> "EventBridgeClient": ...
@overload
def client(access: Access, service: Literal["iam"], config: Config) -> "IAMClient": ...
@overload
def client(access: Access, service: Literal["logs"], config: Config) -> "CloudWatchLogsClient": ...
@overload
def client(access: Access, service: Literal["pricing"], config: Config) -> "PricingClient": ...
@overload
def client(access: Access, service: Literal["s3"], config: Config) -> Any: ...  # its stubs are as large as all others
@overload
def client(access: Access, service: Literal["sagemaker"], config: Config) -> "SageMakerClient": ...
@overload
def client(access: Access, service: Literal["sagemaker-runtime"], config: Config) -> "SageMakerRuntimeClient": ...
@overload
def client(access: Access, service: Literal["service-quotas"], config: Config) -> "ServiceQuotasClient": ...
@overload
def client(access: Access, service: Literal["ssm"], config: Config) -> "SSMClient": ...
def client(access: Access, service: Any, config: Config) -> Any:
    """A client of one of these services. Raises what botocore raises where no session can be opened."""
    how = identity.connecting(access, service)
    how["config"] = how["config"].merge(config)
    return patience.tell(identity.opened(access).create_client(service, **how))


def _patient() -> Config:
    return Config(max_pool_connections=THREADS)  # and patience.py's, as every client


def runtime(access: Access) -> "SageMakerRuntimeClient":
    """A client that calls models. It tries nothing twice: that would stretch the times that are measured with it."""
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=THREADS,
        connect_timeout=10,
        read_timeout=LONGEST_CALL,
    )
    return client(access, "sagemaker-runtime", config)


def ask(call: Callable[[], T]) -> T | Unknown:
    """What the call returns, or Unknown with a sentence that names the AWS call and its error.

    Any error: an answer that makes no sense (a proxy's page, a setting that is none) is "could not find out" too, and
    must not end the run for every task.
    """
    try:
        return patiently(call)
    except Exception as error:
        return Unknown(sentence(error))


def patiently(call: Callable[[], T]) -> T:
    """The call, begun anew where it is still throttled after all its attempts: a burst of the whole account hits few
    calls many times. Calls here may be sent twice."""
    for _ in range(ROUNDS - 1):
        try:
            return call()
        except ClientError as error:
            if error.response["Error"]["Code"] not in _THROTTLED:
                raise
    return call()


def sentence(error: Exception) -> str:
    """One line without request ids or retry counts: the same fault must read the same in every run."""
    if isinstance(error, ClientError):
        text = f"{error.operation_name}: {error.response['Error']['Code']}: {error.response['Error']['Message']}"
    else:
        text = f"{type(error).__name__}: {error}"
    return " ".join(text.split())[:LONGEST_SENTENCE]


def if_there(call: Callable[[], T], otherwise: U) -> T | U:
    """What the call returns; `otherwise` where AWS says that what it names does not exist."""
    try:
        return call()
    except ClientError as error:
        if not_found(error):
            return otherwise
        raise


def not_found(error: ClientError) -> bool:
    """SageMaker has no error code of its own for what is not there (API reference, DescribeEndpoint, 2026-11)."""
    code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
    return code in ("ValidationException", "ResourceNotFound", "ResourceNotFoundException") and any(
        words in message.lower() for words in ("could not find", "does not exist", "not found")
    )
