#pragma once
// The readers of the program's files as the fuzzer and the replay of its corpus meet them: a name, and a function that
// reads one file of any content. A file of tests/fuzz each.

#include <array>
#include <string>
#include <string_view>

namespace dlac::fuzz {

/// Each returns, or throws input_error; anything else is a finding, as is a written value that is read as another one.
void read_safetensors_file(const std::string& path);
void read_config_file(const std::string& path);
void read_workload_file(const std::string& path);
void read_sweep(const std::string& path);
void read_technology_file(const std::string& path);
void read_figure_file(const std::string& path);
void read_numbers_file(const std::string& path);
void read_images(const std::string& path);
void import_scalesim_file(const std::string& path);
void import_timeloop_file(const std::string& path);
void import_npy_file(const std::string& path);

struct reader {
  std::string_view name;  ///< of its folder in tests/fuzz/corpus, too
  void (*read)(const std::string& path);
};

inline constexpr std::array readers{
    reader{"safetensors", read_safetensors_file},
    reader{"config", read_config_file},
    reader{"workload", read_workload_file},
    reader{"sweep", read_sweep},
    reader{"technology", read_technology_file},
    reader{"figures", read_figure_file},
    reader{"numbers", read_numbers_file},
    reader{"images", read_images},
    reader{"import_scalesim", import_scalesim_file},
    reader{"import_timeloop", import_timeloop_file},
    reader{"import_npy", import_npy_file},
};

}  // namespace dlac::fuzz
