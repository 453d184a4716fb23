# The few commands that people type. CMake does the work; see CMakePresets.json.
.DEFAULT_GOAL := help
JOBS ?= $(shell nproc)
SECONDS ?= 60
SEED ?= 1

help: ## this list
	@echo "Pumasi (품앗이): make TARGET"
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12 | sed 's/^/  /'

packages: ## install what building and testing needs (Debian; needs root)
	@packaging/install-packages packages.txt

packages-clang: packages
	@packaging/install-packages packages-clang.txt

build: packages ## optimised programs in build/release/bin
	@cmake --preset release >/dev/null
	@cmake --build --preset release -j $(JOBS) --target programs

demo: build ## the main job on the real programmes' data: lend, approve, book, enforce, meter, bill
	@cmake --build --preset release -j $(JOBS) --target fake_nvml
	@examples/demo/run build/release

check: packages ## every test that needs no GPU, under ASan and UBSan
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev -j $(JOBS)
	@ctest --test-dir build/dev --output-on-failure -j $(JOBS)

tsan: packages ## data races in the rooms with threads, under the thread sanitizer
	@cmake --preset tsan >/dev/null
	@cmake --build --preset tsan -j $(JOBS) --target threaded_tests
	@TSAN_OPTIONS=ignore_noninstrumented_modules=1 \
		ctest --test-dir build/tsan -L threaded --output-on-failure -j $(JOBS)

fuzz: packages-clang ## every decoder fed for SECONDS (60), from tests/fuzz/corpus
	@cmake --preset fuzz >/dev/null
	@cmake --build --preset fuzz -j $(JOBS) --target fuzz_targets
	@tests/fuzz/run build/fuzz $(SECONDS)

bench: build ## the side-by-side measurements
	@cmake --build --preset release -j $(JOBS) --target benches
	@tests/bench/run build/release

sim: ## the whole product among faults in virtual time, seed after seed, for SECONDS (60)
	@cmake --preset release >/dev/null
	@cmake --build --preset release -j $(JOBS) --target random_sim
	@build/release/sim/random_sim --seed $(SEED) --seconds $(SECONDS)

mutants: ## does the simulation find every planted bug?
	@cmake --preset release >/dev/null
	@cmake --build --preset release -j $(JOBS) --target random_sim
	@build/release/sim/random_sim --mutants

format: packages-clang ## clang-format over the whole tree
	@git ls-files '*.c' '*.h' | xargs clang-format -i

lint: packages-clang ## house rules, clang-tidy
	@python3 tests/rules/layering.py .
	@cmake --preset dev >/dev/null
	@cmake --build build/dev --target proto_headers >/dev/null
	@git ls-files '*.c' | grep -v '^tests/' | xargs -P $(JOBS) -n 8 clang-tidy --quiet -p build/dev 2>/dev/null

clean: ## forget all builds
	@rm -rf build

.PHONY: help packages packages-clang build demo check tsan fuzz bench sim mutants format lint clean
