#include "sim/api/validate.h"

#include "sim/validation/evidence.h"
#include "sim/validation/figure_file.h"

namespace dlac {

validation validate(const std::string& word, unsigned jobs, const progress_callback& progress,
                    std::string_view asked_by) {
  const std::string file = find_file(shipped_kind::figures, word, on_command_line(asked_by));
  const figure_book book = read_figures(file);
  const auto ignore = [](std::size_t /*done*/, std::size_t /*of*/, const std::string& /*what*/) {};
  return judge_figures(book, gather_evidence(book.peers, file, jobs, progress ? progress : ignore));
}

}  // namespace dlac
