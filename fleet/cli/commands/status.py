"""`fleet status`: how every task stands, by the engine's preview. Changes nothing, in AWS or in the state."""

import argparse
import sys
from contextlib import AbstractContextManager, nullcontext

from fleet.cli import preview, report, stack, table
from fleet.cli.command import CommandError
from fleet.cli.preview import Preview
from fleet.cli.report import INTERRUPTED, Report, Stacks

EXIT_CODES = "exit code: 0 all up to date, 2 something is not, 1 could not find out, or an error"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXIT_CODES
    stack.add_stack(parser)
    parser.add_argument(
        "--all-stacks",
        action="store_true",
        help="every stack with a Pulumi.NAME.yaml, one after the other, and a total; the worst exit code of all",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="for machines, see status.schema.json; with every exit code")
    form.add_argument("--markdown", action="store_true", help="a table for the summary of a CI job")
    parser.add_argument("--alarms", action="store_true", help="name the alarms that are in ALARM beside the reason")
    parser.add_argument("--watch", action="store_true", help="follow a running update to its end")
    parser.add_argument(
        "--timeout", type=minutes, default=60, metavar="MINUTES", help="how long to watch at most; default: 60"
    )


def minutes(text: str) -> float:
    """A number of minutes, as argparse reads it."""
    if (number := float(text)) <= 0:
        raise argparse.ArgumentTypeError("must be above 0")
    return number


def run(options: argparse.Namespace) -> int:
    if options.all_stacks:
        return _run_all(options)
    found, code = _one(options)
    _print(found, options)
    _complain(found)
    return found.exit_code if code is None else code


def _run_all(options: argparse.Namespace) -> int:
    """Every stack, whatever becomes of the one before: the one that cannot be asked hides no other."""
    if options.stack or options.watch:
        raise CommandError("--all-stacks goes with neither --stack nor --watch")
    if not (names := stack.names()):
        raise CommandError("there is no Pulumi.NAME.yaml; run this in the project's root")
    reports: dict[str, Report] = {}
    code = None
    for name in names:
        reports[name], code = _one(argparse.Namespace(**{**vars(options), "stack": name}))
        if code == INTERRUPTED:
            break
    found = Stacks(schema=1, stacks=reports)
    _print_all(found, options)
    for name, one in reports.items():
        _complain(one, of=f"{name}: ")
    return found.exit_code if code is None else code


def _one(options: argparse.Namespace) -> tuple[Report, int | None]:
    """The report of one stack, and the exit code where it is not the report's own."""
    code = None
    try:
        found, is_interrupted = _watched(options) if options.watch else (_found(options), False)
        code = INTERRUPTED if is_interrupted else None
    except CommandError as error:
        found = report.failed(str(error))
    except KeyboardInterrupt:
        found, code = report.failed("interrupted"), INTERRUPTED
    return found, code


def _found(options: argparse.Namespace) -> Report:
    with _busy():
        seen = preview.run(options.stack)
        return _with_alarms(report.read(seen), seen, options)


def _watched(options: argparse.Namespace) -> tuple[Report, bool]:
    from fleet.aws import session  # noqa: PLC0415  # botocore takes a sixth of a second, and only a watch needs it
    from fleet.cli.watch import end_of_update, watch  # noqa: PLC0415  # as above

    with _busy():
        name = stack.selected(options.stack)
        config = stack.read(name)
        has_ended = end_of_update(name)  # before the preview: an update that ends meanwhile has ended
        seen = preview.run(name)
        client = session.sagemaker(config.access)
    out = table.console(sys.stderr if options.json or options.markdown else sys.stdout)
    watched = watch(seen, report.read(seen), client, has_ended, out, minutes=options.timeout)
    return _with_alarms(watched.report, seen, options), watched.is_interrupted


def _with_alarms(found: Report, seen: Preview, options: argparse.Namespace) -> Report:
    """The same with the alarms that are in ALARM, where they are asked for.

    How the tasks stand is known without CloudWatch: where that does not answer, a warning says so, and no more.
    """
    if not options.alarms or not found.tasks:
        return found
    if not seen.alarms:
        return report.with_alarms(found, [])
    from fleet.aws.operator import alarms  # noqa: PLC0415  # botocore, as above
    from fleet.cli import aws  # noqa: PLC0415  # as above

    names = [alarm.name for alarm in seen.alarms]
    try:
        cloudwatch = aws.cloudwatch(stack.read(stack.selected(options.stack)))
        firing = aws.ask(lambda: alarms.in_alarm(cloudwatch, names))
    except CommandError as error:
        return found.model_copy(update={"warnings": [*found.warnings, f"alarms: {error}"]})
    return report.with_alarms(found, [alarm for alarm in seen.alarms if alarm.name in firing])


def _busy() -> AbstractContextManager[object]:
    out = table.console(sys.stderr)
    return out.status("previewing ...") if out.is_terminal else nullcontext()


def _print(found: Report, options: argparse.Namespace) -> None:
    if options.json:
        print(found.json_text())
    elif options.markdown:
        print(table.markdown(found))
    else:
        table.show(found, table.console(sys.stdout))


def _print_all(found: Stacks, options: argparse.Namespace) -> None:
    if options.json:
        print(found.json_text())
    elif options.markdown:
        print(table.markdown_of_all(found))
    else:
        out = table.console(sys.stdout)
        for name, one in found.stacks.items():
            out.print(f"{name}:", style="bold", markup=False)
            table.show(one, out)
            out.print()
        out.print(found.total, markup=False)


def _complain(found: Report, of: str = "") -> None:
    sys.stdout.flush()  # else what follows on standard error may come first
    for warning in found.warnings:
        print(f"warning: {of}{warning}", file=sys.stderr)
    if found.error:
        print(f"fleet status: {of}{found.error}", file=sys.stderr)
