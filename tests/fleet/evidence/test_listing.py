"""The versions of a group, newest first."""

from datetime import UTC, datetime

from fleet.evidence import listing
from fleet.evidence.listing import Listing
from tests.fleet.evidence.versions import JANE, version

WHEN = datetime(2027, 1, 30, 10, tzinfo=UTC)
EIGHT = version(8, {"f1_macro": "0.920"}, archive_bytes=12_500_000)
TEN = version(10, ModelPackageStatus="Failed")
NINE = version(9, {"f1_macro": "0.91"}, ModelApprovalStatus="Approved", LastModifiedBy=JANE, LastModifiedTime=WHEN)
ALL = Listing("toxicity", [EIGHT, TEN, NINE], {"champion": 9, "challenger": 8, "other": 0}, "f1_macro")


def test_versions_are_listed_newest_first_with_who_serves_them() -> None:
    assert listing.text(ALL).splitlines() == [
        "version  status     approval               serves      f1_macro  size     registered         decided",
        "10       Failed     PendingManualApproval  -           -         -        2027-01-10T09:00Z  -",
        "9        Completed  Approved               champion    0.91      -        2027-01-09T09:00Z  "
        "last modified by jane at 2027-01-30T10:00Z",
        "8        Completed  PendingManualApproval  challenger  0.920     12.5 MB  2027-01-08T09:00Z  -",
    ]


def test_without_a_gate_no_metric_is_shown() -> None:
    assert "f1_macro" not in listing.text(Listing("toxicity", [EIGHT], {}))


def test_versions_as_markdown() -> None:
    lines = listing.as_markdown(ALL).splitlines()
    assert lines[0] == "### toxicity"
    assert lines[2].startswith("| version | status | approval | serves | f1_macro | size |")
    assert lines[4].startswith("| 10 | Failed | PendingManualApproval | - |")


def test_versions_as_an_object() -> None:
    said = listing.as_object(ALL)
    assert (said["schema"], said["task"], said["metric"]) == (1, "toxicity", "f1_macro")
    assert [(one["version"], one["serves"]) for one in said["versions"]] == [
        (10, []),
        (9, ["champion"]),
        (8, ["challenger"]),
    ]


def test_a_group_without_versions_is_an_empty_table() -> None:
    assert listing.as_object(Listing("toxicity", [], {}))["versions"] == []
    assert listing.text(Listing("toxicity", [], {})).splitlines() == [
        "version  status  approval  serves  size  registered  decided"
    ]
