"""Tags as the provider sees them: a resource's own, those of its configuration beneath them, those it ignores; and how
they are sent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sandbox.plugin.catalogue.row import Properties, Tagging

Tags = Mapping[str, str]


@dataclass(frozen=True)
class ProviderTags:
    """What `aws:defaultTags` and `aws:ignoreTags` say."""

    defaults: dict[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    ignored_prefixes: tuple[str, ...] = ()

    def all_of(self, own: object) -> object:
        """The input `tagsAll`; unknown where the resource's own are."""
        if own and not isinstance(own, dict):
            return own
        return self.followed(self.defaults | own if isinstance(own, dict) else self.defaults)

    def own_of(self, every: Tags, given: Tags) -> dict[str, str]:
        """`tags` of a resource that has all of these: what the provider's configuration gives is not its own."""
        return {key: value for key, value in every.items() if key in given or self.defaults.get(key) != value}

    def followed(self, tags: Tags) -> dict[str, str]:
        """Those that the provider looks at: never AWS's own."""
        passed = ("aws:", *self.ignored_prefixes)
        return {key: value for key, value in tags.items() if key not in self.ignored and not key.startswith(passed)}


def listed(tagging: Tagging, tags: Tags) -> object:
    """As the service takes them."""
    return dict(tags) if tagging.as_map else [{"Key": name, "Value": value} for name, value in sorted(tags.items())]


def retagging(tagging: Tagging, target: Properties, old: Tags, new: Tags) -> Iterator[tuple[str, Properties]]:
    """The calls, operation and request, that make the old tags of a resource the new ones."""
    if gone := sorted(old.keys() - new.keys()):
        yield tagging.remove, target | {tagging.keys: gone}
    if fresh := {name: value for name, value in new.items() if old.get(name) != value}:
        yield tagging.add, target | {tagging.create: listed(tagging, fresh)}
