"""An app that calls the fleet: classifies a file of texts, and prints who answered what.

It needs fleet.client and boto3, and knows no endpoint, version or split: those are the contract's (docs/consumers.md).
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from fleet.client import Fleet, FleetError, ModelError, Prediction


def main() -> int:
    parser = argparse.ArgumentParser(prog="app.py", description=__doc__)
    parser.add_argument("task", help="e.g. toxicity")
    parser.add_argument("texts", type=Path, help="a text a line; with --key-field a JSON object a line, with `text`")
    parser.add_argument("--key-field", help="what keeps its variant, e.g. `user`; default: the number of the line")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--outputs", metavar="FILE", help="of `pulumi stack output --json`")
    source.add_argument("--ssm", metavar="PATH", help="e.g. /sagemaker-endpoint-manager/prod")
    options = parser.parse_args()

    fleet = Fleet.from_ssm(options.ssm) if options.ssm else Fleet.from_outputs(options.outputs)
    try:
        rows = list(read(options.texts, options.key_field))
    except (OSError, LookupError, TypeError, ValueError) as error:
        parser.error(f"{options.texts}: {type(error).__name__}: {error}")
    answers, failed = defaultdict(list), 0
    for number, key, text in rows:
        try:
            given = fleet.predict(options.task, {"text": text}, key=key)
        except ModelError as error:  # of this text; the next one may be answered
            failed += 1
            print(f"{number:4}  no answer: {error}")
        except FleetError as error:  # of the task, or of the whole fleet
            print(error, file=sys.stderr)
            return 1
        else:
            answers[given.variant, given.version].append(given)
            print(f"{number:4}  {line(given, text)}")

    total = sum(map(len, answers.values()))
    print()
    for (variant, version), some in sorted(answers.items()):
        in_place = sum(one.fell_back for one in some)
        note = f", {in_place} of them in place of a challenger" if in_place else ""
        print(f"{variant} (version {version}): {len(some)} of {total} answers{note}")
    return 1 if failed else 0


def read(file: Path, key_field: str | None) -> Iterator[tuple[int, str, str]]:
    """Number, key and text of every line that is not empty."""
    for number, content in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if content and key_field:
            row = json.loads(content)
            yield number, str(row[key_field]), row["text"]
        elif content:
            yield number, str(number), content


def line(given: Prediction, text: str) -> str:
    label = given.answer["label"] if isinstance(given.answer, dict) and "label" in given.answer else given.answer
    return f"{given.variant:10}  version {given.version:<3}  {label!s:10}  {text}"


if __name__ == "__main__":
    sys.exit(main())
