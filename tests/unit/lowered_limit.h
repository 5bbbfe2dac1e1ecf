#pragma once
// A limit of this process that is lower for a while; the programs started meanwhile inherit it.

#include <sys/resource.h>

#include <cstdint>

namespace dlac::test {

class lowered_limit {
 public:
  lowered_limit(decltype(RLIMIT_AS) resource, std::uint64_t bytes) : resource_(resource) {
    ::getrlimit(resource_, &before_);
    const rlimit lowered{bytes, before_.rlim_max};
    ::setrlimit(resource_, &lowered);
  }
  lowered_limit(const lowered_limit&) = delete;
  lowered_limit& operator=(const lowered_limit&) = delete;
  ~lowered_limit() { ::setrlimit(resource_, &before_); }

 private:
  decltype(RLIMIT_AS) resource_;
  rlimit before_{};
};

}  // namespace dlac::test
