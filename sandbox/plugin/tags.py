"""Tags as the provider sees them: a resource's own, those of its configuration beneath them, those it ignores."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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
