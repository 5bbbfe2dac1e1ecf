#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/cli/command_line.h"
#include "sim/cli/commands.h"
#include "sim/cli/output.h"
#include "sim/core/file_io.h"
#include "sim/data/shipped_files.h"
#include "sim/validation/evidence.h"
#include "sim/validation/figure_file.h"
#include "sim/validation/validation.h"
#include "sim/validation/validation_report.h"

namespace dlac {
namespace {

namespace po = boost::program_options;

command_syntax validate_syntax() {
  command_syntax syntax{
      .name = "dlac validate",
      .arguments = {},
      .description =
          "Simulates what it needs and prints every published figure beside the simulated one, with the deviation and "
          "a\n"
          "verdict. Exits with 1 when a figure that held is out of its bounds. docs/validation.md is its page.",
      .examples =
          "  dlac validate\n"
          "  dlac validate --jobs 0 --out results\n"
          "  dlac validate --figures mine.json\n"};
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  auto add = syntax.options.add_options();
  add("figures", text("FILE"), "published figures and their bounds (default: figures, which are shipped)");
  add("jobs", text("N"), "threads (default: 1; 0: all cores)");
  add("out", text("DIR"), "write validation.md, validation.svg and validation.json there");
  return syntax;
}

validation run_validation(const std::string& figures, unsigned jobs) {
  const figure_book book = read_figures(figures);
  progress_line line;
  const evidence found = gather_evidence(
      book.peers, figures, jobs,
      [&](std::size_t done, std::size_t of, const std::string& what) { line.show(done + 1, of, what); });
  return judge_figures(book, found);
}

void write_files(const validation& v, const std::filesystem::path& folder) {
  write_file_atomically(folder / "validation.md", validation_markdown(v));
  write_file_atomically(folder / "validation.svg", validation_svg(v));
  write_file_atomically(folder / "validation.json", json_text(validation_json(v)));
}

int exit_code_of(const validation& v) {
  const std::vector<std::string> broken = v.broken();
  if (broken.empty()) {
    return exit_done;
  }
  static_cast<void>(
      std::fprintf(stderr, "dlac: out of bounds: %s\n", fmt::format("{}", fmt::join(broken, ", ")).c_str()));
  return exit_failed;
}

}  // namespace

int validate_command(const arguments& given) {
  const command_syntax syntax = validate_syntax();
  const command_line line(syntax, given);
  if (line.wants_help()) {
    write_standard_output(help_text(syntax));
    return exit_done;
  }
  const unsigned jobs = job_count(line, "1");
  const auto out = line.text("out");
  if (out) {
    prepare_folder(*out);
  }
  const std::string figures =
      find_file(shipped_kind::figures, line.text("figures").value_or(std::string(default_figures_name)),
                on_command_line("--figures"));
  const validation v = run_validation(figures, jobs);
  if (out) {
    write_files(v, *out);
  }
  write_standard_output(validation_table(v));
  return exit_code_of(v);
}

}  // namespace dlac
