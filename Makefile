# SPDX-License-Identifier: Apache-2.0
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help swift deps test-deps build run test bench install uninstall lint format clean

PREFIX ?= /usr/local
DESTDIR ?=
# The Swift runtime is linked in, so that the binary runs where no Swift is installed.
RELEASE := swift build -c release --static-swift-stdlib --product hotmem
BINARY := .build/release/hotmem
# What the binary needs, what building needs, and what the tests try it with.
PACKAGES := fuse3 libfuse3-dev pkg-config udev util-linux util-linux-extra
TEST_PACKAGES := numactl hwloc strace busybox-static python3 perl

help: ## Show this help.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

deps: ## Install what is missing on a Debian machine.
	@.ci/install $(PACKAGES)

test-deps:
	@.ci/install $(PACKAGES) $(TEST_PACKAGES)

swift:
	@command -v swift >/dev/null || { echo 'hotmem is built with Swift 6.1 or later: https://swift.org/install' >&2; exit 1; }

build: swift deps ## Build .build/release/hotmem.
	$(RELEASE)

run: build ## Install what is missing, build, and show the main job.
	@HOTMEM=$(CURDIR)/$(BINARY) Examples/tour.sh

# The tests are optimised, for walks go far only then; what failed is said again at the end, with its reasons.
test: swift test-deps ## Install what is missing and run every test.
	swift build -c release --build-tests -Xswiftc -enable-testing --scratch-path .build/tests
	@swift test -c release --skip-build --scratch-path .build/tests 2>&1 | tee .build/tests/log; \
	    ended=$${PIPESTATUS[0]}; \
	    [ $$ended = 0 ] || { echo 'What failed:'; grep -aE -A2 '^(✘|error:|.*Fatal error)' .build/tests/log | cut -c-2000; }; \
	    exit $$ended

bench: build ## Measure, against the host's own sysfs where it has one.
	@HOTMEM=$(CURDIR)/$(BINARY) Benchmarks/run.py
	swift run -c release engine-benchmark

install: build ## Install under PREFIX (/usr/local), or DESTDIR.
	install -D -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/hotmem
	sed 's|/usr/bin/hotmem|$(PREFIX)/bin/hotmem|' systemd/hotmem@.service | \
	    install -D -m 644 /dev/stdin $(DESTDIR)$(PREFIX)/lib/systemd/system/hotmem@.service

uninstall: ## Remove what install put there.
	rm -f $(DESTDIR)$(PREFIX)/bin/hotmem $(DESTDIR)$(PREFIX)/lib/systemd/system/hotmem@.service

lint: ## Check the code's form and the engine's imports.
	swift format lint --strict --recursive --parallel Sources Tests Benchmarks Package.swift
	@! grep -rnE '^(public |internal |private )?import ' Sources/MemoryModel Sources/SysfsTree | \
	    grep -vE 'import (OrderedCollections|DequeModule|MemoryModel)$$' || { echo 'The engine and the tree do no I/O: see docs/decisions.md'; exit 1; }

format: ## Bring the code into form.
	swift format format --in-place --recursive --parallel Sources Tests Benchmarks Package.swift

clean: ## Remove what was built.
	rm -rf .build
