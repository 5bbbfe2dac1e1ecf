#pragma once
// Compiles a function for wider vectors, too, and takes the best that the machine has at run time: no result depends on
// it. The sanitizers do not get along with that selection, which runs before they are set up.

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define DLAC_VECTOR_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DLAC_VECTOR_CLONES
#endif

/// In front of a loop: no iteration reads what another writes.
#if defined(__clang__)
#define DLAC_NO_ALIASES _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define DLAC_NO_ALIASES _Pragma("GCC ivdep")
#else
#define DLAC_NO_ALIASES
#endif
