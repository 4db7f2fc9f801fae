"""What the engine reads of a stack's configuration the `fleet` commands read too, wherever it stands."""

import shutil

import yaml

from fleet.cli import project as files
from fleet.cli import stack
from fleet.cli.command import CommandError
from sandbox.lab.folder import PROJECT
from tests.engine.test_adoption import make_endpoint

# What Pulumi.yaml and the stack's file say. Of both, the engine tells the program.
FORMS = {
    "defaults of the project": ("config: {namePrefix: prod-, maxTeardown: 5, quiet: true, aws:region: eu-west-1}", ""),
    "declared": (
        "config: {namePrefix: {default: prod-}, maxTeardown: {type: integer, default: 5, description: most}, "
        f"{PROJECT}:tasks: {{value: few.yaml}}, aws:region: {{value: eu-west-1}}, aws:config:profile: {{value: x}}}}",
        "",
    ),
    "the stack's own goes before": (
        "config: {namePrefix: prod-, tasks: all.yaml, aws:region: eu-west-1}",
        f"config: {{{PROJECT}:namePrefix: dev-, tasks: few.yaml, aws:region: us-east-1}}",
    ),
    "structures": (
        "config: {aws:assumeRoles: [{roleArn: a, duration: 1h}], aws:defaultTags: {value: {tags: {team: x, n: 7}}}}",
        "config:\n  aws:allowedAccountIds: [123456789012, '000000000001']\n  aws:endpoints:\n  - {sts: http://x}\n"
        "  aws:ignoreTags: {}\n  deep: {a: [1, 2.0, 1.5, ~, yes, 010], b: {c: 2027-01-31}}\n",
    ),
    "the same structure in both": (
        "config: {aws:defaultTags: {value: {tags: {team: x}}}}",
        "config: {aws:defaultTags: {tags: {owner: y}}}",
    ),
    "numbers and words": (
        "config: {a: {default: 0.50}, b: {default: 1e3}, c: 010, d: 1_000, e: yes, f: 0b11}",
        "config: {g: 0.1, h: 1e21, i: 1e-7, j: 089, k: 0o10, l: 0x1F, m: -0, n: 1:30, o: on, p: TRUE, q: ~, r: '010',\n"
        "  s: 123456789012345678901234, t: 18446744073709551615, u: -9223372036854775809, v: 1., w: .5, x: +5, y: 1_0}",
    ),
    "days": ("", "config: {a: 2027-01-31, b: 2027-1-3, c: 2027-02-31, d: '2027-01-31'}"),
    "text": ("", 'config:\n  a: "x\\ty"\n  b: |\n    one\n    two\n  c: >-\n    one\n    two\n  d: !!str 5\n  e: ""'),
    "aliases and merges": (
        "config: {a: &a {default: 1}, b: *a, c: {<<: *a, description: d}}",
        "config: {x: &x [1, 2], y: *x, z: {<<: [{p: 1}, {p: 2, q: 3}], q: 4}}",
    ),
    "secrets": (
        "",
        "config: {a: {secure: v1:x}, aws:token: {deep: [{secure: v1:x}]}, b: {secure: 5}, c: {secure: x, d: y}}",
    ),
    "keys that are no text": ("", "config: {a: {1: x, true: y, 0.5: z}}"),
    "a byte order mark": ("\ufeff# nothing", "\ufeffconfig: {a: b}"),
    "a folder of its own": ("stackConfigDir: stacks/", "config: {namePrefix: prod-}"),
    "a folder, as it was named once": ("config: /stacks", "config: {namePrefix: prod-}"),
    "an empty file": ("config: {namePrefix: prod-}", ""),
    "nothing asked, nothing said": ("config: {namePrefix: {type: string, description: needed}}", "config: {}"),
    "a key twice": ("", "config: {a: 1, a: 2}"),
    "two ways to say a folder": ("stackConfigDir: stacks\nconfig: stacks", ""),
    "default and value": ("config: {a: {default: 1, value: 2}}", ""),
    "nothing under another namespace": ("config: {aws:region: {description: of registry and endpoints}}", ""),
    "a structure that is no value": ("config: {aws:defaultTags: {tags: {team: x}}}", ""),
    "no number": ("", "config: {a: .inf}"),
    "no key": ("", "config: {a:b:c: d}"),
    "broken": ("", "config: {"),
}


def as_the_engine(folder):
    try:
        return stack.asked("sandbox", files.load(folder), folder)[0]
    except CommandError:
        return "refused"


def as_the_files(folder):
    try:
        return dict(files.configured(files.load(folder), "sandbox").config)
    except CommandError:
        return "refused"


def test_files_are_read_as_the_engine_reads_them(empty, tmp_path, monkeypatch):
    for name, value in empty.stack.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")  # the secrets here are none, and none is needed for the rest
    different = {}
    for name, (project, own) in FORMS.items():
        folder = tmp_path / name
        place = folder / "stacks" if "stacks" in project else folder
        place.mkdir(parents=True)
        (folder / "Pulumi.yaml").write_text(f"{project}\nname: {PROJECT}\nruntime: python\n")
        (place / "Pulumi.sandbox.yaml").write_text(own)
        said, read = as_the_engine(folder), as_the_files(folder)
        if said != read:
            different[name] = (said, read)
    assert different == {}


def test_an_endpoint_that_is_another_stacks_business_is_never_adopted_wherever_the_name_prefix_is_said(empty):
    """The one called `toxicity` is a stranger's: this stack's own is called `prod-toxicity`, as the engine knows."""
    empty.sandbox.register("toxicity")
    make_endpoint(empty, "toxicity")
    empty.declare("toxicity")

    def nothing_is_adopted(prefix):
        mark = empty.sandbox.mark()
        refused = empty.stack.fleet("adopt", "toxicity", "--yes")
        assert f"{prefix}toxicity: there is no endpoint of this name" in refused.text, refused.text
        assert refused.code == 1
        assert empty.sandbox.mutations(mark) == []

    project = empty.stack.folder / "Pulumi.yaml"
    declared = yaml.safe_load(project.read_text()) | {"config": {"namePrefix": "prod-"}}
    project.write_text(yaml.safe_dump(declared))
    nothing_is_adopted("prod-")

    project.write_text(yaml.safe_dump(declared | {"stackConfigDir": "stacks"}))
    (empty.stack.folder / "stacks").mkdir()
    shutil.move(empty.stack.config_file, empty.stack.folder / "stacks")
    assert empty.stack.pulumi("config", "set", "namePrefix", "dev-").ok
    nothing_is_adopted("dev-")

    assert empty.stack.pulumi("config", "set", "--secret", "namePrefix", "live-").ok
    nothing_is_adopted("live-")
    empty.stack.env |= {"PULUMI_CONFIG_PASSPHRASE": "forgotten"}
    refused = empty.stack.fleet("adopt", "toxicity", "--yes")
    assert "namePrefix: only the engine can read it, and did not: pulumi config: " in refused.text
