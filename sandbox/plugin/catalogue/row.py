"""What a row of the catalogue may say of a resource type: its properties, its calls, its tags, how it settles.

Making the calls is cloud.py, comparing properties is difference.py.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

Properties: TypeAlias = dict[str, Any]


class Refused(Exception):
    """AWS said no, or a resource did not get where it should; the text is what the user reads."""


@dataclass(frozen=True)
class Field:
    """One property on Pulumi's wire and the member of the AWS API it stands for."""

    wire: str
    aws: str = ""  # AWS's member; "" where it is the wire name with a capital first letter: modelName, ModelName
    described: str = ""  # the member of the read call's answer, where that is not the one of the request
    replaces: bool = False  # a change needs a new resource, and so does a change of anything beneath it
    fields: tuple["Field", ...] = ()  # of a structure; a map of strings has none
    default: object = None  # what the bridge fills in where the program says nothing
    unset: object = None  # sent where the program says nothing; read, it is the same as nothing
    computed: bool = False  # where the program says nothing AWS decides, and whatever it decides is no change
    unread: bool = False  # AWS does not tell it, so the state keeps what the program gave
    kept: bool = False  # where the program says nothing, an update sends what the state has
    on_change: bool = False  # an update sends it only where it changed
    is_pairs: bool = False  # a map on the wire, and AWS has a list of Name and Value
    own: "Own | None" = None  # calls of its own change it
    apart: bool = False  # and a creation sets it by them, afterwards
    within: str = ""  # a member of AWS's structure that holds those of the fields which are `is_within`
    is_within: bool = False
    secret: bool = False  # a secret output, also where the program did not give it as a secret
    # Whether a state and a program that differ mean the same: a tier Standard, and Intelligent-Tiering that chose it.
    same: Callable[[object, object], bool] = lambda state, program: False

    @property
    def member(self) -> str:
        return self.aws or self.wire[0].upper() + self.wire[1:]


@dataclass(frozen=True)
class Call:
    """A boto3 method and how it is told which resource is meant, in the region of its key."""

    operation: str
    target: Callable[[Properties], Properties]  # from the properties that are the resource's key
    # JMESPath of the resource in the answer, where it takes the key to tell it from others; null where there is none
    found: str | Callable[[Properties], str] = "@"

    def path(self, key: Properties) -> str:
        return self.found if isinstance(self.found, str) else self.found(key)


@dataclass(frozen=True)
class Own:
    """The calls that set one property, and that take it away."""

    put: Call
    remove: Call


@dataclass(frozen=True)
class Tagging:
    """How tags travel: in the create call, and by calls of their own afterwards."""

    create: str  # member of the create call
    list: str
    add: str
    remove: str
    keys: str  # member of the remove call that names the keys
    listed: str  # member of the list call's answer
    target: Callable[[Properties, str], Properties]  # from the resource's key and ARN
    as_map: bool = False  # not as a list of Key and Value
    apart: Callable[[Properties], bool] = lambda request: False  # whether this create call takes no tags


@dataclass(frozen=True)
class Settling:
    """A status that moves by itself after a call was accepted, and how long the provider waits for it."""

    status: str
    reason: str
    pending: frozenset[str]  # after a create or an update
    ready: str
    leaving: frozenset[str]  # after a delete
    seconds: float
    delete_seconds: float
    # AWS refuses a role for some seconds after it was made. A creation whose failure says this text may have failed on
    # that alone: it is deleted and made again, for so many seconds.
    healing: str = ""
    healing_seconds: float = 0


@dataclass(frozen=True)
class Repeat:
    """An error for which the provider sends a create or an update again, and for how long."""

    code: str
    seconds: float


@dataclass(frozen=True)
class ResourceType:
    """One row: everything the provider knows about a type."""

    token: str
    title: str  # in messages
    service: str  # boto3's client
    fields: tuple[Field, ...]
    create: str  # boto3's method; takes all fields and the tags
    read: Call
    delete: Call
    missing: str | tuple[str, ...]  # how an error that says "there is no such resource" begins: "<code>: <message>"
    arn: str  # member of what the read call answers
    update: Call | None = None  # also takes the fields that do not replace; None: tags and what has calls of its own
    details: Call | None = None  # a second read call, whose answer is added to that of the first
    key: tuple[str, ...] = ("name",)  # properties that tell it from all others of its type
    id: Callable[[Properties], str] = lambda key: str(key["name"])
    imported: Callable[[str], Properties] = lambda id_: {"name": id_}  # the key, from the id that an import is given
    assigned: Callable[[Properties], Properties] = lambda answer: {}  # what of the key AWS tells, in the create answer
    also: tuple[tuple[str, object], ...] = ()  # members that every create call has
    shape: Callable[[Properties], Properties] = lambda request: request  # of a create's or an update's members
    arn_wire: str = "arn"  # the output that has the ARN
    one_of: tuple[str, ...] = ()  # exactly one of these must be given; they stand for the same member
    tagging: Tagging | None = None
    settling: Settling | None = None
    repeat: Repeat | None = None

    @property
    def inputs(self) -> frozenset[str]:
        """Names of the properties in a resource's inputs: what a program may give, and what Check makes of it."""
        always = {"region"} | ({"tags", "tagsAll"} if self.tagging else set())
        return frozenset(field.wire for field in self.fields) | always


def named(member: str) -> Callable[[Properties], Properties]:
    return lambda key: {member: key["name"]}


def forcing_new(*fields: Field) -> tuple[Field, ...]:
    return tuple(replace(field, replaces=True) for field in fields)


def same_json(state: object, program: object) -> bool:
    """Whether two texts are the same but for spaces and the order of members."""
    try:
        return bool(json.loads(str(state)) == json.loads(str(program)))
    except ValueError:
        return False
