#pragma once
// Modules: parts of the program that take long to load and that few commands use. They lie in lib/dlac beside an
// installed program, or in the build folder, and are loaded by the first who asks.

#include <string>

namespace dlac {

/// What the module `name` ("dlac-search.so") has under `symbol`. Throws input_error where it is not there, or cannot be
/// loaded; `expected` then says what the module would have been for.
void* module_symbol(const std::string& name, const char* symbol, const std::string& expected);

/// A function of a module: `linked`, where the program has it linked in, or else the module's.
template <class Function>
Function* linked_or_loaded(Function* linked, const std::string& name, const char* symbol, const std::string& expected) {
  return linked != nullptr ? linked : reinterpret_cast<Function*>(module_symbol(name, symbol, expected));
}

}  // namespace dlac
