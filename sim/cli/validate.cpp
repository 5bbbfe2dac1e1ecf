// `dlac validate`: every published figure beside the simulated one.

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sim/api/validate.h"
#include "sim/cli/command_line.h"
#include "sim/cli/commands.h"
#include "sim/cli/interrupt_watch.h"
#include "sim/cli/output.h"
#include "sim/cli/progress_line.h"
#include "sim/core/file_io.h"
#include "sim/core/stop.h"
#include "sim/validation/validation_report.h"

namespace dlac {
namespace {

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
  syntax.add("figures", text_value("FILE"), "published figures and their bounds (default: figures, which are shipped)");
  syntax.add("jobs", text_value("N"), "threads (default: 1; 0: all cores)");
  syntax.add("out", text_value("DIR"), "write validation.md, validation.svg and validation.json there");
  return syntax;
}

validation run_validation(const std::string& figures, unsigned jobs) {
  progress_line line;
  return validate(
      figures, jobs, [&](std::size_t done, std::size_t of, const std::string& what) { line.show(done + 1, of, what); },
      "--figures");
}

void prepare_output(const std::filesystem::path& folder, new_folders& made) {
  prepare_folder(folder, made);
  for (const char* const name : {"validation.md", "validation.svg", "validation.json"}) {
    check_file_to_write(folder / name);
  }
}

void write_files(const validation& v, const std::filesystem::path& folder) {
  atomic_files files;
  files.add(folder / "validation.md", validation_markdown(v));
  files.add(folder / "validation.svg", validation_svg(v));
  files.add(folder / "validation.json", json_text(validation_json(v)));
  files.commit();
}

int exit_code_of(const validation& v) {
  const std::vector<std::string> broken = v.broken();
  if (broken.empty()) {
    return exit_done;
  }
  write_message(fmt::format("out of bounds: {}", fmt::join(broken, ", ")));
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
  new_folders made;
  if (out) {
    prepare_output(*out, made);
  }
  const interrupt_watch watch;  // until all is written
  try {
    const validation v = run_validation(line.text("figures").value_or(std::string(default_figures_name)), jobs);
    if (out) {
      write_files(v, *out);
    }
    write_text(validation_table(v, output_width()));
    return exit_code_of(v);
  } catch (const interruption&) {
    write_message("interrupted: no figure was judged, which takes all simulations; nothing was written");
    return interrupt_watch::exit_code();
  }
}

}  // namespace dlac
