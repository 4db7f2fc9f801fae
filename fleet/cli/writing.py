"""YAML as the commands write it: what any reader takes for other than text stands in quotes."""

from typing import Any

import yaml

from fleet.scalars import NUMBER


class _Dumper(yaml.SafeDumper):
    """SafeDumper knows what YAML 1.1 takes for a number, and writes the text "089" without quotes."""


_Dumper.add_implicit_resolver("a number of YAML 1.2", NUMBER, list("-+.0123456789"))


def dump(value: Any, **how: Any) -> str:
    """As yaml.safe_dump, in the order of what is given."""
    written: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, **how)
    return written
