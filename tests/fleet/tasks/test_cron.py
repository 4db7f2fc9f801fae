"""What may stand in the six fields of cron(…), and what is said of the rest."""

import pytest

from fleet.tasks.cron import complaint


@pytest.mark.parametrize(
    "expression",
    [
        "0 7 ? * MON-FRI *",
        "30 6 * * ? *",
        "0,15,30-45/5 */6 1-5,20 * ? 2027-2030",
        "0/15 8-18 L * ? *",
        "59 23 LW DEC ? 2199",
        "0 0 L-3 1/3 ? *",
        "0 0 15W jan,Jul ? 1970",
        "0 0 ? * 6L *",
        "0 0 ? * FRI#2 *",
        "0 0 ? * SUN,2-4,SAT *",
    ],
)
def test_what_application_auto_scaling_takes_is_fine(expression: str) -> None:
    assert complaint(expression) == ""


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("60 7 ? * * *", 'minutes: "60" is not possible; use 0-59, or * and lists, ranges and steps'),
        ("0 24 ? * * *", 'hours: "24" is not possible; use 0-23'),
        ("0 7 0 * ? *", 'day of the month: "0" is not possible; use 1-31, ?, L or W'),
        ("0 7 32W * ? *", 'day of the month: "32W" is not possible'),
        ("0 7 1,L * ? *", 'day of the month: "L" is not possible'),
        ("0 7 ? 13 * *", 'month: "13" is not possible; use 1-12 or JAN-DEC'),
        ("0 7 ? MON * *", 'month: "MON" is not possible'),
        ("0 7 ? * 0 *", 'day of the week: "0" is not possible; use 1-7 or SUN-SAT, ?, L or #'),
        ("0 7 ? * MON#6 *", 'day of the week: "MON#6" is not possible'),
        ("0 7 ? * MON-FRY *", 'day of the week: "MON-FRY" is not possible'),
        ("0 7 ? * FRI-MON *", 'day of the week: "FRI-MON" ends before it begins; write a list of two ranges'),
        ("0 7 ? * * 2200", 'year: "2200" is not possible; use 1970-2199'),
        ("*/0 7 ? * * *", 'minutes: "*/0" is not possible'),
        ("*/60 7 ? * * *", 'minutes: "*/60" is not possible'),
        ("0, 7 ? * * *", 'minutes: "" is not possible'),
        ("? 7 ? * * *", 'minutes: "?" is not possible'),
        ("0 L ? * * *", 'hours: "L" is not possible'),
        ("0 7 * * MON *", "day of the month, day of the week: exactly one of them must be ?"),
        ("0 7 ? * ? *", "day of the month, day of the week: exactly one of them must be ?"),
    ],
)
def test_what_it_does_not_take_is_said_with_its_field(expression: str, says: str) -> None:
    assert complaint(expression).startswith(says)
