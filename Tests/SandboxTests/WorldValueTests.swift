// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import Sandbox

struct WorldValueTests {
    @Test func stepsAreInTheOrderOfTheInit() {
        for (index, step) in WorldStep.allCases.enumerated() {
            #expect(WorldStep(code: Int32(index) + 1) == step)
        }
        #expect(WorldStep(code: Int32(WorldStep.allCases.count) + 1) == nil)
        #expect(WorldStep(code: 0) == nil)
    }

    @Test func descriptionIsOneLineWithAdvice() {
        let error = WorldError(step: .fuseDevice, errno: ENOENT, detail: "/dev/fuse")
        #expect(
            error.description
                == "cannot open the FUSE device (/dev/fuse): No such file or directory; "
                + "load the module (modprobe fuse), or give the container the device (--device /dev/fuse)")
        for step in WorldStep.allCases {
            for number in [EPERM, ENOENT, ENOSPC, ETIMEDOUT, EIO] {
                let text = WorldError(step: step, errno: number, detail: "").description
                #expect(text.hasPrefix("cannot ") && !text.contains("\n"))
            }
        }
    }

    @Test func waitStatuses() {
        #expect(Sandbox.ExitStatus(waitStatus: 0) == .exited(0))
        #expect(Sandbox.ExitStatus(waitStatus: 0x2a00) == .exited(42))
        #expect(Sandbox.ExitStatus(waitStatus: 15) == .signalled(15))
        // With a core dump.
        #expect(Sandbox.ExitStatus(waitStatus: 0x8b) == .signalled(11))
    }
}
