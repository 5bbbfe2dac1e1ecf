# Shorthand for what is typed every day; CMakePresets.json holds the builds themselves.
# BUILD names another build folder: make test BUILD=build/mine
# PRESET=developer makes warnings errors, as in CI: make test PRESET=developer BUILD=build/developer

SHELL := /bin/bash
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

release_build := $(or $(BUILD),build/release)
asan_build    := $(or $(BUILD),build/asan)
fuzz_build    := $(or $(BUILD),build/fuzz)
coverage_build := $(or $(BUILD),build/coverage)
night_builds  := $(or $(BUILD),build/nightly)
release       := $(or $(PRESET),release)
PREFIX        ?= /usr/local

# $(call configure,preset,folder), $(call build,preset,folder), $(call ctest,folder)
configure = cmake --preset $(1) -B $(2) --log-level=WARNING >/dev/null
build     = $(call configure,$(1),$(2)) && cmake --build $(2) $(if $(3),--target $(3))
ctest     = ctest --test-dir $(1) --output-on-failure --no-tests=error --parallel $(shell nproc)

.NOTPARALLEL:
.PHONY: run install deb build test sanitize soak numbers-test bench docs slurm-test fuzz mutants mutants-check coverage debian13 nightly lint format \
  clean help packages test-packages lint-packages mutation-packages package-packages

run: packages  ## build dlac, then simulate the trained ternary ResNet-34 and print its report
	@$(call build,$(release),$(release_build),dlac)
	@$(release_build)/dlac run resnet34

install: packages  ## build, then install program, data and libraries into PREFIX (default: /usr/local)
	@$(call build,$(release),$(release_build),program)
	@cmake --install $(release_build) --prefix "$(PREFIX)" | tail -n 1

deb: packages package-packages  ## build dlac_VERSION_ARCHITECTURE.deb, for apt install ./dlac_*.deb
	@$(call build,$(release),$(release_build),program)
	@cd $(release_build) && cpack -G DEB -B "$(CURDIR)" >/dev/null && rm -rf "$(CURDIR)/_CPack_Packages"
	@ls dlac_*.deb

build: packages  ## install what is missing, build release and its tests
	@$(call build,$(release),$(release_build),)

test: build test-packages  ## build, then run every test
	@$(call ctest,$(release_build))

sanitize: packages  ## build and test with the address and undefined-behaviour sanitizers
	@$(call build,asan,$(asan_build),)
	@export DLAC_TEST_SCALE=$${DLAC_TEST_SCALE:-0.1}; $(call ctest,$(asan_build))

soak: build  ## 20 times (SOAK=N) as many random cases of both engines, from a fresh seed
	@export DLAC_TEST_SCALE=$(or $(SOAK),20) DLAC_TEST_SEED=$${DLAC_TEST_SEED:-$$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}; \
	echo "soak: DLAC_TEST_SCALE=$$DLAC_TEST_SCALE DLAC_TEST_SEED=$$DLAC_TEST_SEED"; $(release_build)/tests/engines_tests

numbers-test: build  ## every shipped set of number formats on whole networks, every value and counter (half an hour on 2 cores)
	@tests/numbers/run $(release_build)/dlac

bench: build  ## speed of both engines: networks, a layer, grids, threads
	@$(release_build)/tests/bench --benchmark_counters_tabular=true

docs: build  ## write what the pages of docs/ and README.md show of the program's own numbers
	@DLAC_WRITE_DOCS=1 $(release_build)/tests/system_tests -tc='docs:*'
	@DLAC_WRITE_DOCS=1 $(release_build)/tests/engines_tests -tc='the auto block*'
	@$(release_build)/dlac validate --jobs 0 --out $(release_build)/validation >/dev/null
	@cp $(release_build)/validation/validation.md $(release_build)/validation/validation.svg docs/

slurm-test: build  ## a sweep through a real Slurm cluster of two nodes, all on this machine
	@tools/install-packages --slurm
	@tests/slurm/run $(release_build)/dlac

fuzz: packages  ## libFuzzer on every reader of files, a minute each (FUZZ_SECONDS=N)
	@tools/install-packages --fuzz
	@$(call build,fuzz,$(fuzz_build),fuzzers)
	@tests/fuzz/run $(fuzz_build) $(or $(FUZZ_SECONDS),60)

mutants: build mutation-packages  ## put known mistakes in, one at a time: every one must fail a test
	@tests/mutation/run $(release_build)

mutants-check: build mutation-packages  ## every mutant applies and compiles; those that the commit picks, a tenth, fail a test
	@tests/mutation/run $(release_build) --check
	@tests/mutation/run $(release_build) --tenth "$$(git rev-parse HEAD 2>/dev/null || echo 0)"

nightly:  ## what takes hours: all checks in full, all mutants, soak, an hour of fuzzing a reader
	@$(MAKE) test PRESET=developer BUILD=$(night_builds)/release
	@$(MAKE) lint PRESET=developer BUILD=$(night_builds)/release
	@$(MAKE) mutants PRESET=developer BUILD=$(night_builds)/release
	@$(MAKE) soak PRESET=developer BUILD=$(night_builds)/release
	@$(MAKE) numbers-test PRESET=developer BUILD=$(night_builds)/release
	@$(MAKE) coverage BUILD=$(night_builds)/coverage
	@$(MAKE) sanitize BUILD=$(night_builds)/asan DLAC_TEST_SCALE=1
	@$(MAKE) fuzz BUILD=$(night_builds)/fuzz FUZZ_SECONDS=$(or $(FUZZ_SECONDS),3600)

debian13:  ## the tests of the last commit on Debian 13, in a chroot (root, debootstrap)
	@tools/debian13

lint: packages lint-packages  ## check format, include direction and clang-tidy (SINCE=REVISION: of what has changed)
	@$(call configure,$(release),$(release_build))
	@tools/lint $(release_build) $(if $(SINCE),--changed-since $(SINCE))

coverage: packages mutation-packages  ## the share of lines that unit, cycle and engine tests reach
	@$(call build,coverage,$(coverage_build),unit_tests cycle_tests engines_tests)
	@find $(coverage_build) -name '*.gcda' -delete
	@cd $(CURDIR) && for program in unit cycle engines; do \
	  DLAC_TEST_SCALE=0.02 $(coverage_build)/tests/$${program}_tests >/dev/null || exit 1; done
	@tools/coverage $(coverage_build)

format: lint-packages  ## format the sources in place
	@tools/list-sources | xargs -r -d '\n' clang-format -i

clean:  ## remove every build folder
	@rm -rf build

packages:
	@tools/install-packages

lint-packages:
	@tools/install-packages --lint

test-packages:
	@tools/install-packages --test

mutation-packages:
	@tools/install-packages --mutation

package-packages:
	@tools/install-packages --package

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
