# Verbs in front of CMake, which is the truth.
BUILD  ?= build
JOBS   ?= $(shell nproc)
PREFIX ?= /usr/local
PHOTO  ?=

all: $(BUILD)/Makefile
	@cmake --build $(BUILD) -j $(JOBS)

$(BUILD)/Makefile:
	cmake -S . -B $(BUILD) $(CMAKE_FLAGS)

# Install what is missing, build, and label a photo (PHOTO=path for one of your own).
try:
	@tools/install-deps
	@$(MAKE) --no-print-directory all
	@photo="$(PHOTO)"; [ -n "$$photo" ] || photo=$$(tools/try-photo $(BUILD)/try) && \
	$(BUILD)/seg predict -o $(BUILD)/try "$$photo"

test: all
	ctest --test-dir $(BUILD) --output-on-failure -j 1

# The same tests under AddressSanitizer and UndefinedBehaviorSanitizer.
asan:
	@$(MAKE) --no-print-directory test BUILD=$(BUILD)-asan \
	  CMAKE_FLAGS="-DSEG_SANITIZE=address,undefined -DCMAKE_BUILD_TYPE=Debug"

bench: all
	cmake --build $(BUILD) -j $(JOBS) --target bench

# Every fuzzer for FUZZ_SECONDS, on the corpus kept here; what it finds new stays in build-fuzz.
FUZZ_SECONDS ?= 60
fuzz:
	CC=clang cmake -S . -B build-fuzz -DSEG_FUZZ=ON
	cmake --build build-fuzz -j $(JOBS) --target fuzz
	@for target in build-fuzz/fuzz/fuzz-*; do \
	    name=$${target##*fuzz-}; mkdir -p build-fuzz/corpus/$$name; \
	    $$target -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=build-fuzz/$$name- \
	        build-fuzz/corpus/$$name fuzz/corpus/$$name || exit 1; \
	done

install: all
	cmake --install $(BUILD) --prefix $(PREFIX)

clean:
	rm -rf $(BUILD)

.PHONY: all try test asan bench fuzz install clean
