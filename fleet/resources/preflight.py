"""What AWS would refuse later, found before anything is declared: gathers the facts, fleet/preflight.py judges them.

Asks only where something is to be made: a run without changes pays nothing.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain

import pulumi

from fleet import elsewhere, preflight
from fleet.aws import account, archives, packages
from fleet.aws.gateway import Gateway
from fleet.aws.packages import NOT_LOOKED_AT, Inspected, Use
from fleet.memory import Outcome
from fleet.preflight import Finding, Findings, Package, Wanted, quota_findings
from fleet.resources.config import StackSettings
from fleet.resources.situation import Situation, Variant
from fleet.revision import Revision
from fleet.seen import Approved, OnHold, Unknown


async def check(found: Sequence[Situation], gateway: Gateway, settings: StackSettings) -> list[Situation]:
    """The same, with what cannot be had refused. What concerns one variant stops that one alone.

    Raises pulumi.RunError, with all findings, where this stack would take more than the account allows.
    """
    variants = [variant for each in found for variant in each.variants.values() if not variant.choice.away]
    new = {variant.title: revision for variant in variants if (revision := variant.new_revision)}
    checked = await asyncio.gather(
        _packages(new, gateway, settings),
        _models(new, gateway, settings),
        _role(new, settings),
        _quotas(variants, gateway, settings),
    )
    stops = [finding for findings in checked for finding in findings.stops]
    if any(not finding.task for finding in stops):
        lines = [f"{finding.task}: {finding.text}" if finding.task else finding.text for finding in stops]
        raise pulumi.RunError("\n".join([*lines, "Nothing was changed."]))
    for finding in (finding for findings in checked for finding in findings.warnings):
        pulumi.log.warn(f"{finding.task}: {finding.text}" if finding.task else finding.text)
    return [
        replace(each, variants={name: _checked(variant, stops) for name, variant in each.variants.items()})
        for each in found
    ]


def _checked(variant: Variant, stops: Sequence[Finding]) -> Variant:
    reasons = [finding.text for finding in stops if finding.task == variant.title]
    return variant.refused("; ".join(reasons)) if reasons else variant


async def _packages(new: Mapping[str, Revision], gateway: Gateway, settings: StackSettings) -> Findings:
    """Packages that serverless inference cannot run; one that may not be looked at is left to AWS to judge."""
    if not new:
        return Findings()
    uses = {task: _use(revision) for task, revision in new.items()}
    arns = sorted({use.package for use in uses.values()})
    described = dict(zip(arns, await asyncio.gather(*map(gateway.package, arns)), strict=True))
    known = [arn for arn, package in described.items() if not isinstance(package, Unknown)]
    unseen = await gateway.unshared(known)
    looked = await asyncio.to_thread(packages.judge, settings.access, uses.values(), described, unseen)
    stops, warnings = [], [Finding("", looked.note)] if looked.note else []
    for task, revision in new.items():
        match looked.of[uses[task]]:
            case Unknown(error):
                warnings.append(Finding(task, f"version {revision.version}: {NOT_LOOKED_AT.format(error=error)}"))
            case Inspected(refused=refused, doubts=doubts):
                stops += [Finding(task, f"version {revision.version}: {reason}") for reason in refused]
                warnings += [Finding(task, f"version {revision.version}: {doubt}") for doubt in doubts]
    return Findings(tuple(stops), tuple(warnings))


async def _models(new: Mapping[str, Revision], gateway: Gateway, settings: StackSettings) -> Findings:
    """Models of packages of another account, where that account keeps them from this one."""
    ours = settings.role.split(":")[4]
    theirs = {task: revision for task, revision in new.items() if revision.package.split(":")[4] != ours}
    described = await asyncio.gather(*(gateway.package(revision.package) for revision in theirs.values()))
    uris = {
        task: _archives(package, revision) for (task, revision), package in zip(theirs.items(), described, strict=True)
    }
    kept, unknown = await asyncio.to_thread(archives.kept, settings.access, chain(*uris.values()))
    said = f"whether models of other accounts may be read could not be looked at: {unknown}"
    notes = [Finding("", said)] if unknown else []
    doubts = [
        Finding(task, f"version {theirs[task].version}: {elsewhere.kept(uri, kept[uri])}")
        for task, its in uris.items()
        for uri in its
        if uri in kept
    ]
    return Findings(warnings=(*notes, *doubts))


def _archives(package: Package | Unknown, revision: Revision) -> list[str]:
    if isinstance(package, Unknown):
        return []
    return preflight.archives(package, revision.settings.inference_specification)


def _use(revision: Revision) -> Use:
    return Use(revision.package, revision.settings.inference_specification, revision.settings.kms_key)


async def _role(new: Mapping[str, Revision], settings: StackSettings) -> Findings:
    if not new:
        return Findings()
    role = await asyncio.to_thread(account.role, settings.role, settings.access)
    if role.certain:
        return Findings(stops=tuple(Finding(task, role.problem) for task in new))
    return Findings(warnings=(Finding("", role.problem),) if role.problem else ())


async def _quotas(variants: Sequence[Variant], gateway: Gateway, settings: StackSettings) -> Findings:
    rows = await gateway.listed()
    if isinstance(rows, Unknown):
        return Findings()  # every task stays as it is
    wanted = [
        _wanted(variant, is_new=variant.endpoint not in rows)
        for variant in variants
        if variant.endpoint in rows or _makes(variant)
    ]
    if not any(one.adds for one in wanted):
        return Findings()
    quotas = await asyncio.to_thread(account.quotas, settings.access)
    found = quota_findings(wanted, len(rows.keys() - {variant.endpoint for variant in variants}), quotas)
    if quotas.note and not found.stops and not found.warnings:  # findings repeat the note
        said = f"the quotas of this account could not be read, and what AWS documents stands in: {quotas.note}"
        return Findings(warnings=(Finding("", said),))
    return found


def _makes(variant: Variant) -> bool:
    return isinstance(variant.answer, Approved) or (
        isinstance(variant.answer, OnHold) and variant.record is not None and bool(variant.record.served)
    )


def _wanted(variant: Variant, *, is_new: bool) -> Wanted:
    sizes, record = variant.settings, variant.record or Outcome()
    memory_mb, max_concurrency = sizes.memory_mb, sizes.max_concurrency
    if variant.new_revision is None and record.max_concurrency:
        memory_mb, max_concurrency = record.memory_mb, record.max_concurrency
    grows = 0 < record.max_concurrency < max_concurrency or 0 < record.memory_mb < memory_mb
    adds = variant.new_revision is not None and (is_new or grows)
    return Wanted(variant.title, memory_mb, max_concurrency, adds)
