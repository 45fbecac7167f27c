# SPDX-License-Identifier: GPL-2.0-or-later
# The short way to everything; CMake (presets in CMakePresets.json) does the work.
#
#     make            build/release/throttlesim
#     make demo       build, replay a recorded workload, draw it
#     make test       build with gcc and clang, with and without optimisation and with sanitizers,
#                     and run in each the tests that it may fail
#     make verify     compare 1,000 random scenarios with a real QEMU (QEMU="PATH...": with each of
#                     these), and how 1,000 random block traces are read with a plain second program
#     make validate   set all recordings that were made under limits beside what is predicted
#     make bench      measure against a plain program, blkparse, btt and fio, and beside the
#                     figures committed last (ten minutes)
#     make install    to PREFIX (default /usr/local), below DESTDIR
#     make manual      put what the program's help tells into docs/throttlesim.1
#     make clean

PREFIX ?= /usr/local
TEST_PRESETS = release debug asan clang-release clang-debug
# Labels of tests which these builds tell nothing new of (tests/CMakeLists.txt).
LEFT_OUT_debug = tree|outside|numbers
LEFT_OUT_asan = tree|numbers
LEFT_OUT_clang-release = tree|outside
LEFT_OUT_clang-debug = tree|outside|numbers
DEMO_DIR = demo-out

build: packages-build program

# Without its tests, which are more than half of all there is to build.
program: configure-release
	@cmake --build --preset release --target throttlesim

packages-%:
	@.ci/packages $*

configure-%:
	@cmake --preset $* > build-$*.log 2>&1 || { cat build-$*.log; rm -f build-$*.log; exit 1; }
	@rm -f build-$*.log

preset-%: configure-%
	@cmake --build --preset $*

demo: build
	@mkdir -p $(DEMO_DIR)
	@rm -f $(DEMO_DIR)/demo.db
	build/release/throttlesim run traces/recorded/demo.yaml --db $(DEMO_DIR)/demo.db
	build/release/throttlesim plot $(DEMO_DIR)/demo.db -o $(DEMO_DIR)

test: packages-test $(addprefix test-,$(TEST_PRESETS))

# One preset after the other, each with all processors.
test-%: packages-test
	@$(MAKE) --no-print-directory preset-$*
	ctest --preset $* -j $$(nproc) $(LEFT_OUT_$*:%=--label-exclude '%')

verify: packages-verify program
	build/release/throttlesim verify --random 1000 $(QEMU:%=--qemu %)
	@cmake --build --preset release --target witness generate_events
	THROTTLESIM_WITNESS_SEEDS=1000 sh tests/witness/test_witness.sh \
	    $(CURDIR)/build/release/throttlesim $(CURDIR) \
	    $(CURDIR)/build/release/generate_events $(CURDIR)/build/release/witness

validate: packages-verify program
	@cmake --build --preset release --target tests_sim
	tests/validate/run build/release

bench: packages-bench preset-release
	tests/bench/run build/release $(REQUESTS)

install: build
	cmake --install build/release --prefix $(PREFIX)

manual: build
	awk -v program=build/release/throttlesim -f docs/manual.awk docs/throttlesim.1 > manual.new
	mv manual.new docs/throttlesim.1

clean:
	rm -rf build $(DEMO_DIR)

.PHONY: build program demo test verify validate bench install manual clean
.NOTPARALLEL:
