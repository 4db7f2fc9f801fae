"""Where apps read how a task stands: the full name of its parameter, and how that changes with `parameterPath`.

Pure. No parameter is ever moved: one is made at the new address, and the one before stays beside it, with the same
value, until a run has ended well that found every task at its new address. So apps have one run to follow, and whoever
changes their mind meanwhile loses nothing. Declaring the parameters is fleet/resources/beside/parameter.py.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from fleet.memory import PARAMETER, Outcome


@dataclass(frozen=True)
class Address:
    """The parameters of one task, by their full names, `<path>/<task>`."""

    name: str = ""  # of the one that apps are to read; "" where there is none
    all: tuple[str, ...] = ()  # while it changes: every one there is, the first being where the change began

    @property
    def names(self) -> tuple[str, ...]:
        """Of all parameters that the task has."""
        return self.all or ((self.name,) if self.name else ())

    @property
    def beside(self) -> tuple[str, ...]:
        """Those that apps were to read before, and may still."""
        return tuple(name for name in self.names if name != self.name)

    @property
    def began(self) -> str:
        """What apps were to read before the address began to change; what they are to read, if it does not."""
        return self.all[0] if self.all else self.name

    def towards(self, name: str) -> "Address":
        """The address where apps are to read this one, and may still read whatever they were to read before."""
        if name == self.name:
            return self
        return Address(name, tuple(dict.fromkeys((*self.names, name))) if self.name else ())

    def alone(self) -> "Address":
        """The address with nothing beside it any more."""
        return Address(self.name)


def recorded(outcome: Outcome) -> Address:
    """The address as the last run recorded it; `outcome` is the champion's."""
    name, *names = outcome.beside.get(PARAMETER, "").split(" ")
    return Address(name, tuple(names))


def record(address: Address, outcome: Outcome) -> Outcome:
    """The champion's record with the address: its names, a space between, the one to read in front."""
    return outcome.beside_with(PARAMETER, " ".join((address.name, *address.all)))


def logical_name(task: str, name: str, to_read: str, held: Mapping[str, str]) -> str:
    """The logical name, in the state, of the parameter `name`; `to_read` is what the task's apps are to read.

    `held` has the logical name of each parameter in the state, by full name. The parameter to read gets the task's name
    as soon as no parameter has that. Until then a parameter keeps the name it has, and a new one gets its full name,
    which no task can have: so the engine never replaces one parameter by another, and deletes only what is not
    declared, also after a run that was killed. Example: /a/spam is called spam, apps are to read /b/spam: that one is
    called /b/spam until /a/spam is deleted, and spam from then on.
    """
    if name == to_read and task not in held.values():
        return task
    return held.get(name, name)


def wanted(path: str, default: str, tasks: Iterable[str], addresses: Mapping[str, Address]) -> dict[str, str]:
    """The full name of the parameter that each task is to have.

    `path` is what the stack's configuration says. Where it says nothing ("") every parameter stays where it is, or
    goes back to where it was before its address began to change; new ones go where most are, and to `default` where
    there are none.
    """
    began = {task: address.began for task, address in addresses.items() if address.began}
    paths = Counter(map(path_of, began.values()))
    common = max(sorted(paths), key=paths.__getitem__, default=default)
    return {task: f"{path}/{task}" if path else began.get(task, f"{common}/{task}") for task in tasks}


def path_of(name: str) -> str:
    return name.rpartition("/")[0]


def have_arrived(wanted: Mapping[str, str], addresses: Mapping[str, Address]) -> bool:
    """True where the last run left the parameter of every task where it is to be."""
    return all(address.name in ("", wanted[task]) for task, address in addresses.items() if task in wanted)


def scattered(addresses: Collection[Address]) -> str:
    """What is to be said where the configuration names no path and the parameters are beneath several."""
    paths = Counter(path_of(address.began) for address in addresses if address.began)
    if len(paths) < 2:
        return ""
    counted = " and ".join(f"{path} ({_tasks(paths[path])})" for path in sorted(paths))
    most = max(sorted(paths), key=paths.__getitem__)
    return (
        f"parameterPath is not set, and the last run's parameters are beneath {counted}: each stays where it is, new "
        f"ones go beneath {most}. To have all in one place, set parameterPath"
    )


def moves(before: Mapping[str, Address], after: Mapping[str, Address]) -> list[str]:
    """What whoever runs it, and the apps that call, are to know of the parameters whose address this run changes."""
    pairs = Counter(
        (path_of(before[task].name), path_of(address.name))
        for task, address in after.items()
        if task in before and before[task].name and before[task].name != address.name
    )
    return [
        f"the parameters of {_tasks(count)} go from {old} to {new}. This run writes both, and the next one that ends "
        f"well takes those beneath {old} away: let the apps that call read {new} before it"
        for (old, new), count in sorted(pairs.items())
    ]


def remainders(before: Mapping[str, Address], after: Mapping[str, Address]) -> list[str]:
    """What becomes of the parameters beside those that apps are to read, once the run that made these is over."""
    stay, go = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for task, address in after.items():
        was = before.get(task, Address())
        if was.name == address.name:
            (stay if address.all else go).update((path_of(name), path_of(address.name)) for name in was.beside)
    return [
        *(
            f"the parameters of {_tasks(count)} beneath {old} stay beside those beneath {new}: they go when a run ends "
            "well that found every task there"
            for (old, new), count in sorted(stay.items())
        ),
        *(
            f"the parameters of {_tasks(count)} beneath {old} are taken away; apps read {new}"
            for (old, new), count in sorted(go.items())
        ),
    ]


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count} tasks"
