# Every command sets up what it needs first; scripts/setup.sh says what and why.
#
#   make run     build and serve http://127.0.0.1:3000
#   make check   formatting, lints and quick tests; under 3 minutes once everything is compiled
#   make test    every check and every test
#   make interop programs and browsers that others wrote
#   make audit   licences, advisories, spelling and documentation
#   make build   the release binary target/release/pulseboard
#   make watch   rebuild and reload on every change
#   make bench   speed and memory, every event checked; beside its peers after `make bench-peers`
#   make fmt     format the sources

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run build check test interop audit watch bench bench-peers fmt

help:
	@sed -n 's/^#   //p' Makefile

build:
	@scripts/setup.sh build
	@scripts/build-release.sh

run: build
	@exec target/release/pulseboard $(ARGS)

watch:
	@scripts/setup.sh build
	. scripts/env.sh && exec cargo leptos watch

check:
	@scripts/setup.sh test
	@exec scripts/check.sh

interop: build
	@exec scripts/interop.sh

audit:
	@scripts/setup.sh build
	@exec scripts/audit.sh

test:
	@scripts/setup.sh test
	@exec scripts/test.sh

bench: build
	. scripts/env.sh && cargo build --release -p pulseboard-bench
	@exec scripts/bench.sh

bench-peers:
	@exec scripts/bench-peers.sh

fmt:
	. scripts/env.sh && cargo fmt --all && prettier --log-level warn --write .
