#pragma once
// Mapped pages that the file has lost: the system answers an access behind the end of a truncated file, or one that the
// disk cannot serve, with SIGBUS, which ends the process. Within the ranges that are told here, such pages become zeros
// instead, and the range remembers it. A SIGBUS anywhere else is left to whoever had the signal before.

#include <cstddef>
#include <span>

namespace dlac {

struct watched_range;

/// For several threads at once. The range is mapped, and stays so until release().
watched_range* watch_pages(std::span<const std::byte> bytes);
void release(watched_range* range);
/// Whether some of its pages were replaced.
bool has_lost_pages(const watched_range& range);

}  // namespace dlac
