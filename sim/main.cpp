#include "sim/cli/main.h"
#include "sim/cli/source_revision.h"

int main(int argc, char** argv) {
  return dlac::dlac_main(argc, argv, dlac::source_revision);
}
