# Verbs in front of CMake, which is the truth.
BUILD ?= build
JOBS ?= $(shell nproc)

all: $(BUILD)/Makefile
	@cmake --build $(BUILD) -j $(JOBS)

$(BUILD)/Makefile:
	cmake -S . -B $(BUILD) $(CMAKE_FLAGS)

test: all
	ctest --test-dir $(BUILD) --output-on-failure -j 1

bench: all
	cmake --build $(BUILD) -j $(JOBS) --target bench

# Every fuzzer for FUZZ_SECONDS, on the corpus kept here; what it finds new stays in build-fuzz.
FUZZ_SECONDS ?= 60
fuzz:
	CC=clang cmake -S . -B build-fuzz -DSEG_FUZZ=ON -DSEG_OPENMP=OFF
	cmake --build build-fuzz -j $(JOBS) --target fuzz
	@for target in build-fuzz/fuzz/fuzz-*; do \
	    name=$${target##*fuzz-}; mkdir -p build-fuzz/corpus/$$name; \
	    $$target -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=build-fuzz/$$name- \
	        build-fuzz/corpus/$$name fuzz/corpus/$$name || exit 1; \
	done

clean:
	rm -rf $(BUILD)

.PHONY: all test bench fuzz clean
