# `make` lists the targets. Everything depends on `setup`, which fills .venv and .tools and is quick when done.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/.venv/bin:$(CURDIR)/.tools/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint types layers fresh fix unit coverage engine schema sandbox sandbox-stop bench rates mutants requirements \
  readme picture browser training-demo workflows policies rights

help:            ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | column -t -s '|'

setup: .venv/ready ## .venv and .tools (the pulumi CLI); nothing outside this folder
	@$(PYTHON) tools/pulumi.py
	@$(BIN)/python -m compileall -q __main__.py fleet providers sandbox # once; each run would, under PYTHONDONTWRITEBYTECODE

browser: setup   ## Debian's chromium, in which tests look at the page of `fleet report`: installed where it may be
	@$(PYTHON) tools/chromium.py

.venv/ready: requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	@echo "installing Python packages into .venv (about two minutes) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt -r requirements-dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup      ## see the whole product work, here, without AWS
	@$(BIN)/python -m demo

readme: setup    ## the demo, with its picture pasted into README.md
	@$(BIN)/python -m demo --paste README.md

picture: setup browser ## the pictures of the docs: the dashboard that the program writes, and the page of `fleet report`
	@$(BIN)/python -m demo.dashboard > docs/dashboard.svg
	@$(BIN)/python -m demo.report docs/report.png

training-demo: setup ## from a training run in MLflow to a changed answer, and back (about a minute)
	@$(BIN)/python -m examples.training

test: check unit engine ## every check and every test

# Its parts are the hooks of .pre-commit-config.yaml too.
check: lint types layers fresh workflows ## style, types, layers, schemas, CI files: what needs no test, in seconds

lint: setup      ## style (ruff); `make fix` mends most of it
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .

types: setup     ## types (mypy)
	@$(BIN)/mypy

layers: setup    ## which room may import which (import-linter)
	@$(BIN)/lint-imports --no-logo

fresh: setup     ## the five schemas are those of the models, the policies those of the demo's fleet, the picture that of the dashboard
	@$(BIN)/python -m fleet.tasks.schema | diff -u tasks.schema.json - || (echo "tasks.schema.json is stale: make schema" && false)
	@$(BIN)/python -m fleet.cli.report | diff -u status.schema.json - || (echo "status.schema.json is stale: make schema" && false)
	@$(BIN)/python -m fleet.cli.commands.alarms | diff -u alarms.schema.json - || (echo "alarms.schema.json is stale: make schema" && false)
	@$(BIN)/python -m fleet.cli.cost | diff -u cost.schema.json - || (echo "cost.schema.json is stale: make schema" && false)
	@$(BIN)/python -m fleet.contract | diff -u contract.schema.json - || (echo "contract.schema.json is stale: make schema" && false)
	@$(BIN)/python -m demo.policies --check
	@$(BIN)/python -m demo.dashboard | cmp --silent docs/dashboard.svg - || (echo "docs/dashboard.svg is stale: make picture" && false)

workflows: setup ## the CI files of GitHub and GitLab (actionlint, zizmor, check-jsonschema)
	@$(PYTHON) -m tools.actionlint
	@actionlint .github/workflows/*.yml
	@$(BIN)/zizmor --offline --quiet --no-progress .github
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci ci/gitlab-ci.yml

fix: setup       ## mend the style: imports, format and what ruff can
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

# The tests of what decides. They are quick, and show how much of it they reach; the random histories are not among them.
DECISIONS := $(filter-out %_never.py %/test_client.py %/test_registration.py %/test_tracking.py, $(wildcard tests/fleet/test_*.py tests/fleet/cost/test_*.py)) tests/fleet/tasks \
  tests/fleet/evidence tests/fleet/iam tests/fleet/monitoring

unit: setup browser ## fast tests: the domain (and how much of it they cover), the sandbox, the providers over gRPC, the tools
	@$(BIN)/pytest --cov -n 2 $(DECISIONS)
	@$(BIN)/pytest -n 2 $(addprefix --ignore=, tests/engine $(DECISIONS))

rights: setup    ## the engine's tests, each run and command held to what `fleet iam` prints: nothing beyond it, and nothing of it idle
	@$(BIN)/pytest -n 3 --rights tests/engine

coverage: setup  ## what of fleet/ and providers/ all tests without the engine reach (minutes)
	@$(BIN)/pytest -n 2 --cov=fleet --cov=providers --cov-config=/dev/null --cov-report=term:skip-covered tests/fleet tests/providers

engine: setup    ## the real pulumi CLI against the sandbox
	@$(BIN)/pytest -n 3 tests/engine

schema: setup    ## write the four *.schema.json from the models
	@$(BIN)/python -m fleet.tasks.schema > tasks.schema.json
	@$(BIN)/python -m fleet.cli.report > status.schema.json
	@$(BIN)/python -m fleet.cli.commands.alarms > alarms.schema.json
	@$(BIN)/python -m fleet.cli.cost > cost.schema.json
	@$(BIN)/python -m fleet.contract > contract.schema.json

policies: setup  ## write docs/policies: what `fleet iam` prints for the demo's fleet
	@$(BIN)/python -m demo.policies

sandbox: setup   ## start AWS on this machine, to play by hand
	@$(BIN)/python -m sandbox start --seed

sandbox-stop: setup ## stop it; nothing is left behind
	@$(BIN)/python -m sandbox stop

bench: setup     ## seconds, AWS calls and memory at 3, 22 and 100 tasks, and of `fleet cost` at 200
	@$(BIN)/python -m bench

rates: setup     ## 200 tasks come and are refreshed within CloudWatch's rates (a quarter of an hour)
	@$(BIN)/python -m bench.rates

mutants: setup   ## take every protection out once: its test must fail (minutes; ONLY='hold*' for some)
	@$(BIN)/python -m tools.mutants $(if $(ONLY),--only "$(ONLY)")

requirements: setup ## compile requirements*.in with hashes, without download addresses
	@for name in requirements requirements-report requirements-dev; do $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe \
	  --strip-extras --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links -o $$name.txt $$name.in; done
