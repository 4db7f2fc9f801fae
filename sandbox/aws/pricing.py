"""AWS's Price List of the sandbox: GetProducts over rows in AWS's shape, whose prices are made up.

Rows are made for every Region that is asked for: those of serverless inference, of hosting and training instances, and
of CloudWatch, and beside them some that are none of the program's business.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sandbox.aws.paging import Pages
from sandbox.aws.service import Service
from sandbox.aws.world import Answer, AwsError, Params, World

PLACES = ("us-east-1", "eu-central-1", "ap-south-1")  # where the API is (botocore's endpoints, 2026-11)
PAGES = Pages(100, "Invalid NextToken.", "InvalidNextTokenException")
SAGEMAKER, CLOUDWATCH = "AmazonSageMaker", "AmazonCloudWatch"
OFFER, RATE = "JRTCKXETXF", "6YS6EN2CT7"  # AWS's codes of "on demand" and of a price an hour or a unit
PUBLISHED = "2026-11-20T16:02:11Z"
EFFECTIVE = "2026-11-01T00:00:00Z"


@dataclass(frozen=True)
class Place:
    """A Region as the Price List has it."""

    short: str  # what its usage types begin with
    location: str
    dearer: float  # than us-east-1, so many times


REGIONS: Mapping[str, Place] = {
    "us-east-1": Place("USE1-", "US East (N. Virginia)", 1.0),
    "eu-west-1": Place("EU-", "EU (Ireland)", 1.1),
    "eu-central-1": Place("EUC1-", "EU (Frankfurt)", 1.2),
    "eu-north-1": Place("EUN1-", "EU (Stockholm)", 1.05),
    "ap-south-1": Place("APS3-", "Asia Pacific (Mumbai)", 1.15),
}
INSTANCES = {  # USD an hour in us-east-1, and memory
    "ml.t2.medium": (0.056, "4 GiB"),
    "ml.c5.large": (0.102, "4 GiB"),
    "ml.m5.large": (0.115, "8 GiB"),
    "ml.m5.xlarge": (0.23, "16 GiB"),
    "ml.g4dn.xlarge": (0.736, "16 GiB"),
}
PROVISIONED = "ServerlessProvisionedConcurrency"


@dataclass(frozen=True)
class Product:
    """One product, and the prices of it in their order: each from so many units on."""

    service: str
    family: str
    usage: str
    unit: str
    tiers: tuple[tuple[float, float], ...]  # from so many units on, USD
    more: Mapping[str, str] = field(default_factory=dict)

    def text(self, region: str) -> str:
        """As GetProducts has it, with the members that every row has (API reference, GetProducts, 2026-11)."""
        attributes = {"servicecode": self.service, **self._where(region), "usagetype": self.usage, **self.more}
        sku = _code(self.usage, self.service, region, *self.more.values())
        name = f"{sku}.{OFFER}"
        ends = [*(f"{start:g}" for start, _ in self.tiers[1:]), "Inf"]
        rates = {
            rate: {
                "unit": self.unit,
                "endRange": end,
                "description": f"${usd:.10f} per {self.unit} of {self.usage}",
                "appliesTo": [],
                "rateCode": rate,
                "beginRange": f"{start:g}",
                "pricePerUnit": {"USD": f"{usd:.10f}"},
            }
            for number, ((start, usd), end) in enumerate(zip(self.tiers, ends, strict=True))
            for rate in [f"{name}.{_code(RATE, str(number))[:10] if number else RATE}"]
        }
        term = {"priceDimensions": rates, "sku": sku, "effectiveDate": EFFECTIVE, "offerTermCode": OFFER}
        row = {
            "product": {"productFamily": self.family, "attributes": attributes, "sku": sku},
            "serviceCode": self.service,
            "terms": {"OnDemand": {name: {**term, "termAttributes": {}}}},
            "version": "20261120160211",
            "publicationDate": PUBLISHED,
        }
        return json.dumps(row)

    def _where(self, region: str) -> dict[str, str]:
        if region:
            return {"location": REGIONS[region].location, "locationType": "AWS Region", "regionCode": region}
        return {"location": "Any", "locationType": "Other"}


def _code(*parts: str) -> str:
    """Sixteen letters and digits, always the same of the same."""
    number = int(hashlib.sha256("/".join(parts).encode()).hexdigest(), 16)
    return "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[number >> 5 * n & 31] for n in range(16))


def _of_region(place: Place) -> Iterator[Product]:
    yield from _serverless(place)
    for way, group in (("In", "Hosting:IN"), ("Out", "Hosting:OUT")):
        more = {"operation": "Invoke-Endpoint", "group": group}
        usage = f"{place.short}Hst:Data-Bytes-{way}"
        yield Product(SAGEMAKER, "ML Data", usage, "GB", ((0, 0.016 * place.dearer),), more)
    for name, (usd, memory) in INSTANCES.items():
        for component, short, dearer in (("Hosting", "Host", 1.0), ("Training", "Train", 1.3)):
            more = {"instanceName": f"{name}-{component}", "component": component, "memory": memory}
            usage = f"{place.short}{short}:{name}"
            yield Product(SAGEMAKER, "ML Instance", usage, "Hrs", ((0, usd * dearer * place.dearer),), more)
    short = "" if place.short == "USE1-" else place.short
    yield Product(CLOUDWATCH, "Alarm", f"{short}CW:AlarmMonitorUsage", "Alarms", ((0, 0.1),))
    yield Product(CLOUDWATCH, "Alarm", f"{short}CW:HighResAlarmMonitorUsage", "Alarms", ((0, 0.3),))
    tiers = ((0.0, 0.3), (10_000.0, 0.1), (250_000.0, 0.05))
    yield Product(CLOUDWATCH, "Metric", f"{short}CW:MetricMonitorUsage", "Metrics", tiers)
    data, kept = f"{place.short}DataProcessing-Bytes", f"{place.short}TimedStorage-ByteHrs"
    yield Product(CLOUDWATCH, "Data Payload", data, "GB", ((0, 0.5 * place.dearer),))
    yield Product(CLOUDWATCH, "Storage Snapshot", kept, "GB-Mo", ((0, 0.03),))


def _serverless(place: Place) -> Iterator[Product]:
    for gb in range(1, 7):
        usage = f"{place.short}ServerlessInf:Mem-{gb}GB"
        free = ((0.0, 0.0), (150_000.0, 0.00002 * gb * place.dearer))  # the free tier of the first two months
        yield Product(SAGEMAKER, "ML Serverless", usage, "Seconds", free, {"operation": "RunServerless"})
        for what, group, usd in (("Usage", "Usage", 0.000005), ("Mem", "Duration", 0.0000117)):
            usage = f"{place.short}ProvisionedConcurrency:{what}-{gb}GB"
            more = {"group": f"{PROVISIONED}-{group}"}
            yield Product(SAGEMAKER, "ML Serverless", usage, "Seconds", ((0, usd * gb * place.dearer),), more)


def _anywhere() -> Iterator[Product]:
    yield Product(CLOUDWATCH, "Dashboard", "DashboardsUsageHour", "Dashboards", ((0, 3.0),))
    yield Product(CLOUDWATCH, "Dashboard", "DashboardsUsageHour-Basic", "Dashboards", ((0, 0.0),))


def _texts() -> Iterator[str]:
    for region, place in REGIONS.items():
        yield from (product.text(region) for product in _of_region(place))
    yield from (product.text("") for product in _anywhere())


MATCHES: Mapping[str, Callable[[str, str], bool]] = {
    "TERM_MATCH": lambda has, value: has == value,
    "EQUALS": lambda has, value: has == value,
    "CONTAINS": lambda has, value: value in has,
    "ANY_OF": lambda has, value: has in value.split(","),
    "NONE_OF": lambda has, value: has not in value.split(","),
}


def get_products(world: World, region: str, request: Params) -> Answer:
    if region not in PLACES:
        raise AwsError(f"the Price List API is in {', '.join(PLACES)}, and not in {region}", "UnsupportedOperation")
    filters: Sequence[Params] = request.get("Filters", ())
    if request.get("FormatVersion", "aws_v1") != "aws_v1":
        raise AwsError("Invalid format version", code="InvalidParameterException")
    rows = [text for text in _texts() if _is_wanted(json.loads(text), request["ServiceCode"], filters)]
    page = PAGES.cut(request, rows, world.settings.page_size)
    return {"FormatVersion": "aws_v1", "PriceList": page.rows, **page.more}


def _is_wanted(row: Params, service: str, filters: Sequence[Params]) -> bool:
    """Whether the row is of the service, and all filters let it through; one without the field has "" there."""
    product = row["product"]
    has = {"ServiceCode": row["serviceCode"], "productFamily": product["productFamily"], **product["attributes"]}
    return row["serviceCode"] == service and all(
        MATCHES[one["Type"]](has.get(one["Field"], ""), one["Value"]) for one in filters
    )


SERVICE = Service("pricing", {"GetProducts": get_products}, title="the Price List")
