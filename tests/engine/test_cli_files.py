"""`fleet init` and `fleet validate` as a person runs them, in the project's folder with a stack selected."""

import subprocess


def test_a_first_list_is_written_for_the_selected_stack_and_passes(empty):
    empty.sandbox.register("spam")
    empty.sandbox.register("toxicity", approval="PendingManualApproval")

    def fleet(*arguments):
        command = ["fleet", *arguments]
        where = {"cwd": empty.stack.folder, "env": empty.stack.env}
        return subprocess.run(command, **where, capture_output=True, text=True, check=False)

    done = fleet("init", "--output", "first.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("left out, nothing approved: toxicity\nfirst.yaml: 1 task\n")

    done = fleet("validate", "first.yaml", "--registry")
    assert (done.returncode, done.stdout, done.stderr) == (0, "first.yaml: 1 task (stack sandbox)\n", "")
