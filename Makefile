.PHONY: help demo test model conformance mutants bench fuzz build format lint clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' $(MAKEFILE_LIST) | expand -t 20

demo: ## Build, then tell the whole story on this machine; ARGS="--lamps 20" passes options on
	@scripts/demo $(ARGS)

test: ## Run every test
	@scripts/test

model: ## Check the state machines' models with spin, and that it finds the faults planted in them
	@scripts/model

conformance: ## Write docs/conformance.md and .json anew from the tests' tags
	@scripts/conformance

mutants: ## Break the core's rules one at a time: does a test notice? ARGS="GOSC-0022" picks
	@scripts/mutants $(ARGS)

bench: ## Measure protecting and verifying beside the bare library calls; ARGS="--json" passes options on
	@scripts/bench $(ARGS)

fuzz: ## Give every parser random input for a minute; ARGS="check" sees whether that finds planted mistakes
	@scripts/fuzz $(ARGS)

build: ## Build the command gosc, ready for use
	@scripts/build release

format: ## Rewrite the sources in the one format
	@scripts/format

lint: ## Check the format
	@scripts/lint

clean: ## Remove everything that was built
	@scripts/clean
