"""A task list that cannot be used: one clear message, no traceback, and no call that changes AWS."""

MISTAKES = """\
tasks:
  toxicity: {memory: 1024}
  toxicity: {}
  toxi_city: {}
  spam: {memory_mb: 2500}
  spam-b: {max_concurrency: 2, provisioned_concurrency: 3}
  mood: {environment: {API_TOKEN: hunter2hunter2}}
  heavy: {variants: {b: {weight: 0.6}, c: {weight: 0.4}}}
  urgency: {variants: {champion: {weight: 0.1}}}
  spam: {}
  topic: {variants: {b: {weight: 0.1}}}
  topic-b: {}
  intent: {variants: {b: {weight: 0.1, follow: latest, pin: {version: 1, reason: x, owner: y, until: 2099-01-31}}}}
  age: {provisioned_concurrency: 2, scaling: {min: 3, max: 2}}
  tone: {scaling: {min: 1, max: 3}}
  load:
    provisioned_concurrency: 2
    scaling:
      min: 1
      max: 3
      schedules: [{name: office, cron: "99 7 ? * MON-FRI *", min: 1, max: 3}]
  calm:
    group: ca\u200blm
    max_concurrency: 010
"""
SENTENCES = (
    "tasks.yaml:2: toxicity.memory: unknown setting; did you mean memory_mb?",
    "tasks.yaml:3: toxicity: is given twice, first in line 2",
    "tasks.yaml:4: toxi_city",
    "tasks.yaml:5: spam.memory_mb: 2500 is not a serverless size",
    "tasks.yaml:6: spam-b.provisioned_concurrency: 3 is more than max_concurrency (2)",
    "tasks.yaml:7: mood.environment.API_TOKEN: is named like a credential",
    "tasks.yaml:8: heavy.variants: the weights sum to 1; leave the champion a share",
    "tasks.yaml:9: urgency.variants.champion: champion is the task itself",
    'tasks.yaml:12: topic-b: endpoint "topic-b" is that of topic.variants.b (line 11) too',
    "tasks.yaml:13: intent.variants.b.follow: follow and pin exclude each other",
    "tasks.yaml:14: age.scaling.max: 2 is less than min (3)",
    "tasks.yaml:15: tone.scaling: needs provisioned_concurrency",
    "tasks.yaml:21: load.scaling.schedules[0].cron: ",
    "tasks.yaml:23: calm.group: U+200B (ZERO WIDTH SPACE) in column 14 cannot be seen",
    "tasks.yaml:24: calm.max_concurrency: 010 is 8 to YAML 1.1 and 10 to YAML 1.2",
)


def test_every_mistake_of_a_task_list_is_refused_at_once(fleet):
    fleet.stack.set_tasks(MISTAKES)

    run = fleet.preview()

    assert not run.ok
    assert [sentence for sentence in SENTENCES if sentence not in run.text] == []
    assert "Traceback" not in run.text and "unhandled error" not in run.text
    assert "hunter2" not in run.text
    assert (fleet.made(), fleet.written()) == ([], [])


def test_what_is_nested_without_end_is_one_sentence(fleet):
    fleet.stack.set_tasks(f"tasks: {'[' * 3000}")

    run = fleet.preview()

    assert not run.ok
    assert "tasks.yaml:1: is not plain YAML: is nested deeper than 100 levels" in run.text
    assert "Traceback" not in run.text
    assert (fleet.made(), fleet.written()) == ([], [])


def test_a_bad_role_and_a_setting_that_only_looks_like_one_are_refused(fleet):
    fleet.stack.configure(**{"executionRoleArn": "sagemaker-execution", "namePrefix\u200b": "prod-"})

    run = fleet.up()

    assert not run.ok
    assert "executionRoleArn: 'sagemaker-execution' is not the ARN of an IAM role" in run.text
    assert r"namePrefix\u200b: the name: U+200B (ZERO WIDTH SPACE) in column 11 cannot be seen; take it out" in run.text
    assert "Traceback" not in run.text and "unhandled error" not in run.text
