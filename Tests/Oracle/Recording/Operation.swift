// SPDX-License-Identifier: Apache-2.0

import Transcripts

/// Foundation has an `Operation`, too.
typealias Operation = Transcripts.Operation
