# Everything one does with this project. `make` lists it.

SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help setup run dev watch doctor check format lint docs fast-tests test build test-build minimal acceptance sync-types end-to-end bench size clean

# Every recipe that compiles runs in the environment that set-up prepared, and fails when any part of it does
# (said here because the make that macOS brings knows no .SHELLFLAGS).
environment := set -euo pipefail; source scripts/env.sh

# One selection of packages and features for clippy, tests and docs, so that they share what they compile.
# `frontend` exists for the browser only: beside the server it would turn on `hydrate` and `ssr` together.
host := --workspace --exclude frontend --features leptos-clerk-convex/testing
browser := --target wasm32-unknown-unknown

# Test output is kept, so that scripts/summary.sh can count at the end.
logs := target/test-logs

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z -]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is missing to build, run and test
	@scripts/setup.sh test

run: ## Install what is missing to run, build, and serve on http://127.0.0.1:3000
	@scripts/setup.sh run
	@$(environment) && cargo leptos serve --split

dev watch: ## As `run`, and rebuild and reload on every change
	@scripts/setup.sh run
	@$(environment) && cargo leptos watch --split

# With the variables that `run` has: `.env.local` and `.env` are read.
doctor: ## Check keys, addresses, clocks and the local instances, and say what to correct
	@scripts/setup.sh run
	@$(environment) && LEPTOS_OUTPUT_NAME=leptos-clerk-convex cargo run --quiet --package server -- doctor

check: format lint docs fast-tests ## Formatting, clippy for server and browser, documentation, fast tests

format:
	$(environment) && cargo fmt --all --check && cargo fmt --check --manifest-path examples/minimal/Cargo.toml && cargo fmt --check --manifest-path end2end/acceptance/convex-crate/Cargo.toml && cargo fmt --check --manifest-path end2end/acceptance/sync-types/Cargo.toml && cargo fmt --check --manifest-path examples/size/Cargo.toml

lint:
	$(environment) && $$CARGO_CLIPPY clippy $(host) --all-targets -- -D warnings
	$(environment) && $$CARGO_CLIPPY clippy -p frontend $(browser) -- -D warnings
	$(environment) && $$CARGO_CLIPPY clippy -p leptos-clerk-convex --features csr $(browser) -- -D warnings

docs:
	$(environment) && RUSTDOCFLAGS="-D warnings" cargo doc --no-deps $(host)

fast-tests:
	@mkdir -p $(logs)
	$(environment) && cargo nextest run --no-fail-fast --no-tests=fail $(host) 2>&1 | tee $(logs)/nextest.log
	$(environment) && cargo test --doc $(host) 2>&1 | tee $(logs)/doctests.log

test: ## Everything: set-up, check, production build, official clients, browser
	@rm -rf $(logs)
	@$(MAKE) --no-print-directory setup
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory test-build
	@$(MAKE) --no-print-directory minimal
	@$(MAKE) --no-print-directory sync-types
	@$(MAKE) --no-print-directory acceptance
	@$(MAKE) --no-print-directory end-to-end
	@scripts/summary.sh $(logs)

build: ## The production build: server and browser
	$(environment) && cargo leptos build --release --split --precompress

# What the official clients and the browser are pointed at: the production build. With SERVER_PROFILE=dev its server is the
# one that the fast tests have compiled anyway, which saves a machine that throws it away the longest of all builds.
ifeq ($(SERVER_PROFILE),dev)
server := target/debug/server
test-build:
	$(environment) && cargo leptos build --release --split --precompress --frontend-only
	$(environment) && cargo build $(host) --tests --bins
	@cp target/release/hash.txt target/debug/hash.txt
else
server := target/release/server
test-build: build
endif

# The versions of the root's lock file, which are the ones that were tested. A check and no build: it has to show that
# the quick start compiles, and without the flags of .cargo/config.toml, as it does elsewhere.
minimal:
	@cp Cargo.lock examples/minimal/Cargo.lock
	$(environment) && cd examples/minimal && export CARGO_TARGET_DIR=$(CURDIR)/target RUSTFLAGS= && \
		cargo check --features ssr && cargo check --lib --features hydrate $(browser)

acceptance:
	@mkdir -p $(logs)
	$(environment) && cargo build $(host) --tests --bins
	$(environment) && CARGO_TARGET_DIR=target cargo build --manifest-path end2end/acceptance/convex-crate/Cargo.toml
	$(environment) && E2E_SERVER=$(CURDIR)/$(server) npm run --silent --prefix end2end acceptance 2>&1 | tee $(logs)/acceptance.log

sync-types: ## Compare the client's messages with Convex's own types
	@mkdir -p $(logs)
	$(environment) && CARGO_TARGET_DIR=target cargo test --manifest-path end2end/acceptance/sync-types/Cargo.toml 2>&1 | tee $(logs)/sync-types.log

end-to-end:
	@mkdir -p $(logs)
	$(environment) && npm run --silent --prefix end2end types
	$(environment) && E2E_SERVER=$(CURDIR)/$(server) npm run --silent --prefix end2end test

bench: ## Measure what has a budget
	$(environment) && cargo bench $(host)

size: ## What a browser has to load, with and without the library
	@scripts/size.sh

clean: ## Remove build output (keeps installed tools and local data)
	cargo clean
	rm -rf end2end/test-results end2end/playwright-report
