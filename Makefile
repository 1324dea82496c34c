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

clean:
	rm -rf $(BUILD)

.PHONY: all test bench clean
