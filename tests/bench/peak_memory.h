#pragma once
// The most memory that was resident at a time since a moment, as Linux counts it (mapped files included).

#include <cstdint>

namespace dlac::bench {

/// Gives what is free back to the system and starts counting anew. Where the system does not let it, the peak stays
/// that of the whole process.
void reset_peak_memory();

/// Bytes; 0 where the system does not tell.
std::uint64_t peak_memory();

}  // namespace dlac::bench
