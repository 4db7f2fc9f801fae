"""The quotas of serverless inference: SageMaker refuses what is over them, Service Quotas lists them.

Their values are settings of the sandbox. Their names and the one known code are AWS's; the other codes are made up.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.aws.paging import Pages
from sandbox.aws.service import Service
from sandbox.aws.world import ACCOUNT, Answer, AwsError, Params, Settings, World

PAGES = Pages(100, "Invalid NextToken.", "InvalidPaginationTokenException")


@dataclass(frozen=True)
class Quota:
    setting: str  # of Settings
    code: str
    name: str
    unit: str  # as SageMaker's refusal has it


QUOTAS = (
    Quota("memory_limit", "L-SANDBOX-MEMORY", "Memory size in MB per serverless endpoint", "MBs"),
    Quota("endpoint_limit", "L-SANDBOX-ENDPOINTS", "Maximum number of serverless endpoints", "Endpoints"),
    Quota(
        "concurrency_limit",
        "L-96300102",
        "Maximum total concurrency that can be allocated across all serverless endpoints",
        "Invocations",
    ),
)
_OF_OTHER_KINDS = (("L-E2BB44FE", "ml.m5.large for training job usage", 4), ("L-7C9662F1", "Total domains", 2))


def check(settings: Settings, used: Mapping[str, int], delta: Mapping[str, int]) -> None:
    """Raises AwsError (ResourceLimitExceeded) for the first quota that would be exceeded.

    What is used, and what a request adds to it, are by the quota's setting: `{"endpoint_limit": 1}`.
    """
    for quota in QUOTAS:
        limit, now, more = getattr(settings, quota.setting), used.get(quota.setting, 0), delta[quota.setting]
        if more > 0 and now + more > limit:
            raise AwsError(
                f"The account-level service limit '{quota.name}' is {limit} {quota.unit}, with current utilization of "
                f"{now} {quota.unit} and a request delta of {more} {quota.unit}. "
                "Please use AWS Service Quotas to request an increase for this quota. If AWS Service Quotas is not "
                "available, contact AWS support to request an increase for this quota.",
                code="ResourceLimitExceeded",
            )


def list_quotas(world: World, region: str, request: Params) -> Answer:
    if request["ServiceCode"] != "sagemaker":
        raise AwsError("The request failed because the specified service does not exist.", "NoSuchResourceException")
    known = [*_OF_OTHER_KINDS, *((quota.code, quota.name, getattr(world.settings, quota.setting)) for quota in QUOTAS)]
    rows = [_row(region, *row) for row in known if request.get("QuotaCode", row[0]) == row[0]]
    page = PAGES.cut(request, rows, world.settings.page_size)
    return {"Quotas": page.rows, **page.more}


def _row(region: str, code: str, name: str, value: int) -> Answer:
    return {
        "ServiceCode": "sagemaker",
        "ServiceName": "Amazon SageMaker",
        "QuotaArn": f"arn:aws:servicequotas:{region}:{ACCOUNT}:sagemaker/{code}",
        "QuotaCode": code,
        "QuotaName": name,
        "Value": float(value),
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
        "QuotaAppliedAtLevel": "ACCOUNT",
    }


SERVICE = Service("service-quotas", {"ListServiceQuotas": list_quotas}, title="Service Quotas")
