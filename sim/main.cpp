#include "sim/cli/main.h"

int main(int argc, char** argv) {
  return dlac::dlac_main(argc, argv);
}
