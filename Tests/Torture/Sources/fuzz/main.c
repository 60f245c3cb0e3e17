// SPDX-License-Identifier: Apache-2.0
// What libFuzzer calls. FUZZ_TARGET says which parser gets the bytes.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// FuzzTargets, in Swift. 0 where there is a target of that name.
int hotmem_fuzz_choose(const char *name);
void hotmem_fuzz_one(const uint8_t *bytes, size_t count);

int LLVMFuzzerInitialize(int *count, char ***words) {
    (void)count;
    (void)words;
    const char *name = getenv("FUZZ_TARGET");
    if (!name || hotmem_fuzz_choose(name) != 0) {
        fprintf(stderr, "FUZZ_TARGET has to name a target; see Sources/FuzzTargets/Targets.swift\n");
        exit(2);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    hotmem_fuzz_one(bytes, count);
    return 0;
}
