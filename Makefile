# SPDX-License-Identifier: Apache-2.0
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help docs torture-tests swift deps test-deps build run test check-service bench man completions install uninstall deb check-install \
    check-deb check-ci check-docker web check-web lint format clean fuzz fuzz-tool torture storm oracle oracle-kernel oracle-image oracle-tool

PREFIX ?= /usr/local
DESTDIR ?=
# mount(8) looks for its helpers there only.
SBINDIR ?= /usr/sbin
UNITDIR ?= $(PREFIX)/lib/systemd/system
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
BATSDIR ?= $(PREFIX)/lib/bats
# make takes blanks for the ends of names.
ifneq ($(words x$(DESTDIR)$(PREFIX)$(SBINDIR)$(UNITDIR)$(ZSHDIR)$(CURDIR)),1)
$(error Blanks in the path of this directory, in DESTDIR or in another of the directories are more than make can take)
endif
# Whoever looks from elsewhere is to find it, too.
override DESTDIR := $(abspath $(DESTDIR))
SHARE = $(DESTDIR)$(PREFIX)/share
HELPER = $(DESTDIR)$(SBINDIR)/mount.fuse.hotmem
# Whether mount(8)'s helper is the link that we make, and not a package's.
OURS = [ "$$(realpath -m $(HELPER))" = "$$(realpath -m $(DESTDIR)$(PREFIX)/bin/hotmem)" ]
# The Swift runtime is linked in, so that the binary runs where no Swift is installed.
RELEASE := swift build -c release --static-swift-stdlib --product
BINARY := .build/release/hotmem
# Is installed if it was built.
WEB := .build/release/hotmem-web
VERSION := $(shell sed -n 's/.*static let version = "\(.*\)"/\1/p' Sources/hotmem/Hotmem.swift)
# What is made from a commit says the commit's date, so that it is the same each time.
EPOCH = $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null || date +%s))
# What the binary needs, what building needs, and what the tests try it with.
PACKAGES := fuse3 libfuse3-dev pkg-config udev util-linux util-linux-extra
TEST_PACKAGES := systemd bzip2 xz-utils numactl hwloc strace busybox-static python3 perl stress-ng qemu-guest-agent daxctl procps
BENCH_PACKAGES := python3 strace hyperfine
WEB_PACKAGES := fuse3 chromium chromium-driver python3
TORTURE_PACKAGES := python3 util-linux bzip2 xz-utils
CI_PACKAGES := bats python3 python3-pytest python3-yaml systemd-container udev util-linux procps
# A static program is compiled for the tests, with the compiler that is there.
ifeq ($(shell PATH=$$PATH:$$HOME/.cargo/bin command -v rustc),)
TEST_PACKAGES += rustc
endif
# What a real kernel is asked with, and for how long.
ORACLE_PACKAGES := qemu-system-x86 util-linux gcc libc6-dev
ORACLE_MINUTES ?= 3
DEBIAN := .build/oracle/debian

help: ## Show this help.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

deps: ## Install what is missing on a Debian machine.
	@.ci/install $(PACKAGES)

test-deps:
	@.ci/install $(PACKAGES) $(TEST_PACKAGES)

swift:
	@command -v swift >/dev/null || { echo 'hotmem is built with Swift 6.1 or later: https://swift.org/install' >&2; exit 1; }

build: swift deps ## Build .build/release/hotmem.
	$(RELEASE) hotmem

web: swift deps ## Build .build/release/hotmem-web, which hotmem web starts; it fetches a web framework.
	$(RELEASE) hotmem-web

check-web: build web ## Use the page in a headless Chromium (PICTURES= a directory for screenshots).
	@.ci/install $(WEB_PACKAGES)
	@Tests/Browser/run $(BINARY) $(if $(PICTURES),--pictures '$(PICTURES)')

run: build ## Install what is missing, build, and show the main job.
	@HOTMEM=$(CURDIR)/$(BINARY) Examples/tour.sh

# The tests are optimised, for walks go far only then; what failed is said again at the end, with its reasons.
test: swift test-deps ## Install what is missing and run every test.
	swift build -c release --build-tests -Xswiftc -enable-testing --scratch-path .build/tests
	@swift test -c release --skip-build --scratch-path .build/tests 2>&1 | tee .build/tests/log; \
	    ended=$${PIPESTATUS[0]}; \
	    [ $$ended = 0 ] || { echo 'What failed:'; grep -aE -A2 '^(✘|error:|.*Fatal error)' .build/tests/log | cut -c-2000; }; \
	    exit $$ended

check-service: build ## Run the systemd unit under a systemd of its own; as root, in half a minute.
	@.ci/install systemd-container
	Tests/Systemd/check $(BINARY)

oracle: oracle-tool $(if $(KERNEL),,oracle-image) ## Hold hotmem to a real kernel in QEMU, for ORACLE_MINUTES (KERNEL=, MODULES=).
	Tests/Oracle/run .build/release/oracle $(ORACLE_MINUTES) --kernel $(or $(KERNEL),$(DEBIAN)/kernel) \
	    $(addprefix --modules ,$(if $(KERNEL),$(MODULES),$(DEBIAN)/modules))

oracle-tool: swift deps # The program, and the one that answers in the virtual machine.
	@.ci/install $(ORACLE_PACKAGES)
	$(RELEASE) oracle
	@mkdir -p .build/oracle
	$(CC) -std=c17 -Wall -Wextra -Werror -Os -static -o .build/oracle/init Tests/Oracle/Guest/*.c

oracle-image: # Debian's kernel; it is not installed.
	@.ci/install $(ORACLE_PACKAGES)
	Tests/Oracle/Guest/fetch $(DEBIAN)

oracle-kernel: ## Build a kernel with what Debian's lacks (probe, memory failure), for make oracle KERNEL=.
	@.ci/install linux-source-6.1 build-essential flex bison bc libelf-dev xz-utils
	Tests/Oracle/Guest/build-kernel .build/oracle/own
	@echo 'Now: make oracle KERNEL=.build/oracle/own/kernel'

bench: build ## Measure, against the host's own sysfs where it has one (ONLY=, RUNS=, LIMIT=, OUT=).
	@.ci/install $(BENCH_PACKAGES)
	@Benchmarks/run.py --hotmem $(BINARY) $(if $(ONLY),--only '$(ONLY)') $(if $(RUNS),--runs $(RUNS)) \
	    $(if $(LIMIT),--limit $(LIMIT)) $(if $(OUT),--out '$(OUT)')

fuzz: fuzz-tool ## Give each parser made-up inputs (TARGET=, SECONDS= each, 10 if it is not said).
	Tests/Torture/run-fuzz $(or $(SECONDS),10) $(TARGET)

# What is under test is built with what libFuzzer counts with, so in a directory of its own; so are the storms.
TORTURE := swift build -c release --package-path Tests/Torture
fuzz-tool: swift deps
	@.ci/install $(TORTURE_PACKAGES)
	$(TORTURE) --scratch-path .build/fuzz --product fuzz -Xswiftc -sanitize=fuzzer -Xcxx -fsanitize=fuzzer-no-link

storm: swift deps
	$(TORTURE) --scratch-path .build/storm --product storm -Xswiftc -enable-testing

# With sanitizers. Short runs do without storms: `make test` walks 200,000 operations.
storm-%: swift deps
	$(TORTURE) --scratch-path .build/$@ --product storm -Xswiftc -enable-testing --sanitize $*

torture: build fuzz-tool $(if $(SHORT),,storm storm-address storm-thread torture-tests) ## Hold loads, faults and bad input, in one table (SHORT=1, ONLY=, SECONDS=, OPERATIONS=, KILLS=, OUT=).
	@Tests/Torture/run.py --hotmem $(BINARY) $(if $(SHORT),--short) $(if $(ONLY),--only '$(ONLY)') \
	    $(if $(SECONDS),--seconds $(SECONDS)) $(if $(OPERATIONS),--operations $(OPERATIONS)) $(if $(KILLS),--kills $(KILLS)) $(if $(OUT),--out '$(OUT)')

# Those of `make test` that `make torture` runs for longer.
torture-tests: swift test-deps
	swift build -c release --build-tests -Xswiftc -enable-testing --scratch-path .build/tests

man: build ## Make the manual pages, in .build/man.
	$(RELEASE) hotmem-manual
	@rm -rf .build/man
	@set -o pipefail; $(BINARY) --experimental-dump-help | \
	    .build/release/hotmem-manual .build/man $(VERSION) $$(date -u -d @$(EPOCH) +%F)

docs: swift deps ## Make the documentation a static site, in .build/docs.
	$(RELEASE) hotmem-reference
	@docs/make-site

completions: build
	@mkdir -p .build/completions
	@for shell in bash zsh fish; do \
	    $(BINARY) --generate-completion-script $$shell > .build/completions/hotmem.$$shell || exit 1; done
	@sed -i '1{/^#!/d}' .build/completions/hotmem.bash # It is sourced.

install: build man completions ## Install under PREFIX (/usr/local), in DESTDIR; mount(8)'s helper in SBINDIR (/usr/sbin).
	install -D -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/hotmem
	if [ -e '$(WEB)' ]; then install -D -s -m 755 $(WEB) $(DESTDIR)$(PREFIX)/bin/hotmem-web; fi
	@if { [ -e $(HELPER) ] || [ -L $(HELPER) ]; } && ! $(OURS); then \
	    echo "$(HELPER) is somebody else's and stays: mount(8) starts that one" >&2; \
	elif install -d $(DESTDIR)$(SBINDIR) && [ -w $(DESTDIR)$(SBINDIR) ]; then \
	    ln -srf $(DESTDIR)$(PREFIX)/bin/hotmem $(HELPER); \
	else echo "$(DESTDIR)$(SBINDIR) cannot be written to: mount(8) gets no helper (see SBINDIR)" >&2; fi
	for unit in systemd/*; do sed 's|/usr/bin/hotmem|$(PREFIX)/bin/hotmem|g' $$unit | \
	    install -D -m 644 /dev/stdin $(DESTDIR)$(UNITDIR)/$${unit##*/} || exit 1; done
	for page in .build/man/*; do install -D -m 644 -t $(SHARE)/man/man$${page##*.} $$page || exit 1; done
	install -D -m 644 .build/completions/hotmem.bash $(SHARE)/bash-completion/completions/hotmem
	install -D -m 644 .build/completions/hotmem.zsh $(DESTDIR)$(ZSHDIR)/_hotmem
	install -D -m 644 .build/completions/hotmem.fish $(SHARE)/fish/vendor_completions.d/hotmem.fish
	install -D -m 644 bats/load.bash $(DESTDIR)$(BATSDIR)/hotmem/load.bash
	install -D -m 644 -t $(SHARE)/hotmem/python/pytest_hotmem python/src/pytest_hotmem/*.py python/src/pytest_hotmem/py.typed
	install -D -m 644 -t $(SHARE)/doc/hotmem LICENSE README.md SECURITY.md
	install -d $(SHARE)/doc/hotmem/examples
	cp -r --no-preserve=ownership Examples/. $(SHARE)/doc/hotmem/examples
	chmod -R go=rX $(SHARE)/doc/hotmem/examples

# What that is, is not said twice: it is installed beside, and each file of that is removed.
uninstall: ## Remove what install put there.
	@rm -rf .build/installed
	@$(MAKE) --no-print-directory install DESTDIR=$(CURDIR)/.build/installed >/dev/null
	! $(OURS) || rm -f $(HELPER)
	rm .build/installed$(SBINDIR)/mount.fuse.hotmem
	rm -f $(DESTDIR)$(PREFIX)/bin/hotmem-web
	cd .build/installed && find . ! -type d -printf '$(DESTDIR)/%P\0' | xargs -0 rm -f
	rm -rf $(SHARE)/hotmem/python/pytest_hotmem/__pycache__ # Python's own.
	cd .build/installed && find . -depth -type d -path '*/hotmem*' -printf '$(DESTDIR)/%P\0' | \
	    xargs -0 rmdir --ignore-fail-on-non-empty
	@rm -rf .build/installed

deb: build ## Make a Debian package, .build/deb/hotmem_VERSION_ARCH.deb, and let lintian look at it.
	@.ci/install dpkg-dev lintian man-db
	@SOURCE_DATE_EPOCH=$(EPOCH) Packaging/deb $(VERSION)

check-install: build ## Install into an empty directory, look whether all is in order, and uninstall.
	@.ci/install man-db mandoc bash zsh fish python3
	@Packaging/check-install $(VERSION)

check-deb: deb ## Install the package on a clean system, use it, and remove it.
	@.ci/install debootstrap
	@Packaging/check-deb .build/deb/hotmem_$(VERSION)_*.deb

check-ci: build ## Try the helpers for bats and pytest and the recipes for continuous integration; as root, in a minute.
	@.ci/install $(CI_PACKAGES)
	@rm -rf .build/ci
	@$(MAKE) --no-print-directory install DESTDIR=$(CURDIR)/.build/ci PREFIX=/usr SBINDIR=/usr/sbin >/dev/null
	@Tests/CI/check .build/ci

check-docker: ## Build the container image, without Docker, and try what its containers need; as root, in ten minutes.
	@Packaging/docker/check

lint: ## Check the code's form, the engine's imports and the scripts' syntax.
	swift format lint --strict --recursive --parallel Sources Tests Benchmarks Package.swift
	@! grep -rnE '^(public |internal |private )?import ' Sources/MemoryModel Sources/SysfsTree | \
	    grep -vE 'import (OrderedCollections|DequeModule|BitCollections|MemoryModel)$$' || { echo 'The engine and the tree do no I/O: see docs/decisions.md'; exit 1; }
	@.ci/install python3
	@git grep -lI -E '^#!.*[/ ](ba)?sh$$' -- ':!*.md' | xargs -rn1 bash -n
	@{ git ls-files '*.py'; git grep -lI '^#!.*python' -- ':!*.md'; } | sort -u | \
	    xargs -r python3 -c 'import sys; [compile(open(name).read(), name, "exec") for name in sys.argv[1:]]'

format: ## Bring the code into form.
	swift format format --in-place --recursive --parallel Sources Tests Benchmarks Package.swift

clean: ## Remove what was built.
	rm -rf .build
