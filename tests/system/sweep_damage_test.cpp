// A damaged sweep.db: whatever stands in it, `sweep show` and `gather` say so in one line or show what was written, and
// `--resume` comes to the results that an undamaged sweep has.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "sim/sweep/database.h"
#include "tests/system/run_program.h"
#include "tests/system/sweep_runs.h"

namespace dlac::test {
namespace {

using json = nlohmann::json;
namespace fs = std::filesystem;

/// 12 points of about a millisecond; 6 of them no machine can run.
json damaged_sweep() {
  return {{"name", "damaged"},
          {"config", source_folder + "/configs/dlac-fp16-inference.json"},
          {"workload", source_folder + "/workloads/lenet.json"},
          {"layers", "fc*"},
          {"per_layer", true},
          {"axes",
           {{{"key", "grid.rows"}, {"values", {1, 2}}},
            {{"key", "mapping.block"}, {"values", {"auto", {8, 8}}}},
            {{"key", "pe.operand_queue_depth"}, {"range", {{"from", 1}, {"to", 3}}}}}}};
}

bool is_one_line(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n') == 1;
}

struct damage {
  std::string name;
  std::function<void(const std::string& path)> apply;
};

damage by_sql(const std::string& sql) {
  return {sql, [sql](const std::string& path) { database(path, false).execute(sql); }};
}

/// One row's column takes another value; columns are not declared NOT NULL any more.
damage by_value(const std::string& table, const std::string& column, const std::string& value) {
  const auto update =
      fmt::format("UPDATE {0} SET {1} = {2} WHERE rowid = (SELECT max(rowid) FROM {0})", table, column, value);
  return {update, [update](const std::string& path) {
            database(path, false)
                .execute("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, ' NOT NULL', '')");
            database(path, false).execute(update);
          }};
}

damage by_truncation(double share) {
  return {fmt::format("truncated to {}", share), [share](const std::string& path) {
            fs::resize_file(path, static_cast<std::uintmax_t>(share * static_cast<double>(fs::file_size(path))));
          }};
}

damage by_flip(std::mt19937::result_type seed) {
  return {fmt::format("byte flip {}", seed), [seed](const std::string& path) {
            std::mt19937 random(seed);
            std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
            // Every third in the header and the schema, where most depends on it.
            const auto size = seed % 3 == 0 ? 300 : fs::file_size(path);
            const auto place = static_cast<std::streamoff>(random() % size);
            file.seekg(place);
            const auto changed = static_cast<char>(file.get() ^ static_cast<int>(1 + random() % 255));
            file.seekp(place);
            file.put(changed);
          }};
}

std::vector<damage> damages() {
  std::vector<damage> all;
  const std::vector<std::pair<std::string, std::vector<std::string>>> columns = {
      {"sweep", {"name", "definition", "inputs", "axes", "points", "ended", "checksum"}},
      {"results", {"key", "status", "error", "totals", "layers", "checksum"}},
      {"points", {"axes", "key", "checksum"}}};
  for (const auto& [table, names] : columns) {
    for (const auto& column : names) {
      for (const std::string value : {"'xx'", "'{}'", "'[1]'", "'{'", "7", "NULL", "x'00ff'"}) {
        all.push_back(by_value(table, column, value));
      }
    }
  }
  all.push_back(by_sql("UPDATE points SET axes = '{'"));
  all.push_back(by_sql("UPDATE results SET totals = '[]'"));
  all.push_back(by_sql("UPDATE results SET totals = replace(totals, '1', '2')"));
  all.push_back(by_sql("UPDATE results SET status = 'failed' WHERE status = 'ok'"));
  all.push_back(by_sql("UPDATE points SET point = 100 WHERE point = 1"));
  all.push_back(by_sql("UPDATE points SET point = -1 WHERE point = 1"));
  all.push_back(by_sql("UPDATE points SET key = (SELECT key FROM points WHERE point = 0) WHERE point = 2"));
  for (const std::string table : {"sweep", "results", "points"}) {
    all.push_back(by_sql("DROP TABLE " + table));
    all.push_back(by_sql("DELETE FROM " + table));
    all.push_back(by_sql("ALTER TABLE " + table + " RENAME TO other"));
    all.push_back(by_sql("ALTER TABLE " + table + " RENAME COLUMN checksum TO other"));
    all.push_back(by_sql("ALTER TABLE " + table + " DROP COLUMN checksum"));
  }
  for (const double share : {0.0, 0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99}) {
    all.push_back(by_truncation(share));
  }
  for (std::mt19937::result_type seed = 1; seed <= 60; ++seed) {
    all.push_back(by_flip(seed));
  }
  all.push_back({"overwritten", [](const std::string& path) { std::ofstream(path) << std::string(20'000, 'x'); }});
  return all;
}

TEST_CASE("a damaged sweep.db is one line, never an error of our own nor other results, --resume mends it") {
  const temporary_folder folder;
  const auto sweep = folder.file("sweep.json", damaged_sweep().dump());
  const auto good = folder.path("good");
  const auto bad = folder.path("bad");
  const auto gathered = folder.path("gathered");
  REQUIRE(run_program({"sweep", sweep, "--out", good, "--jobs", "1"}).exit_code == 0);
  const auto wanted = results_of(good);
  const std::vector<std::string> show = {"--by", "totals.cycles", "--top", "100"};
  const auto shown = [&](const std::string& of) {
    std::vector<std::string> words = {"sweep", "show", of};
    words.insert(words.end(), show.begin(), show.end());
    return run_program(words);
  };
  const auto good_table = shown(good).out;
  std::size_t told = 0;
  std::size_t refused = 0;
  const auto all = damages();
  for (const auto& one : all) {
    CAPTURE(one.name);
    fs::remove_all(bad);
    fs::remove_all(gathered);
    fs::copy(good, bad);
    one.apply(bad + "/sweep.db");

    const auto table = shown(bad);
    CAPTURE(table.err);
    CHECK((table.exit_code == 0 || table.exit_code == 2));
    if (table.exit_code == 0) {
      CHECK((table.out == good_table || table.out.find("\npartial: ") != std::string::npos));
    } else {
      ++told;
      CHECK(is_one_line(table.err));
      CHECK(table.err.starts_with("dlac: error: " + bad));
      CHECK(table.out == "");
    }

    const auto gather = run_program({"sweep", "gather", gathered, bad});
    CAPTURE(gather.err);
    CHECK((gather.exit_code == 0 || gather.exit_code == 2));
    if (gather.exit_code == 0) {
      CHECK((results_of(gathered) == wanted || gather.out.find("\npartial: ") != std::string::npos));
    } else {
      CHECK(is_one_line(gather.err));
      CHECK_FALSE(fs::exists(gathered));
    }

    const auto resumed = run_program({"sweep", sweep, "--out", bad, "--resume", "--jobs", "1"});
    CAPTURE(resumed.err);
    CHECK((resumed.exit_code == 0 || resumed.exit_code == 2));
    if (resumed.exit_code == 0) {
      CHECK((resumed.err == "" || (is_one_line(resumed.err) && resumed.err.starts_with("dlac: note: " + bad)) ||
             (is_one_line(resumed.err) && resumed.err.starts_with("dlac: note: ") &&
              resumed.err.find("damaged rows are left out") != std::string::npos)));
      CHECK(results_of(bad) == wanted);
      CHECK(shown(bad).out == good_table);
    } else {
      // What may as well be somebody else's is left alone.
      ++refused;
      CHECK(is_one_line(resumed.err));
      CHECK((resumed.err.find("another program's database") != std::string::npos ||
             resumed.err.find("version of dlac keeps") != std::string::npos ||
             resumed.err.find("readonly") != std::string::npos));
    }
  }
  MESSAGE(all.size(), " damages, ", told, " told by show, ", refused, " refused by --resume");
  CHECK(told > all.size() / 2);
  CHECK(refused < 20);
}

TEST_CASE("damage is told with its file and row, an older version's database as one") {
  const temporary_folder folder;
  const auto sweep = folder.file("sweep.json", damaged_sweep().dump());
  const auto out = folder.path("out");
  REQUIRE(run_program({"sweep", sweep, "--out", out}).exit_code == 0);
  const auto copy = folder.path("copy");
  const auto message = [&](const std::string& sql) {
    fs::remove_all(copy);
    fs::copy(out, copy);
    database(copy + "/sweep.db", false).execute(sql);
    return run_program({"sweep", "show", copy}).err;
  };
  const auto begin = "dlac: error: " + copy + "/sweep.db: ";
  const std::string end =
      ": found content that its checksum does not fit, expected what was written there (dlac sweep with --resume runs "
      "again what is damaged)\n";
  CHECK(message("UPDATE sweep SET axes = 'xx'") == begin + "table sweep" + end);
  CHECK(message("UPDATE points SET axes = '{' WHERE point = 7") == begin + "table points, row 7" + end);
  CHECK(message("UPDATE results SET totals = '[]' WHERE rowid = 3") == begin + "table results, row 3" + end);
  CHECK(message("UPDATE results SET totals = x'00' WHERE rowid = 3").find("found a value of another type") !=
        std::string::npos);
  CHECK(
      message("PRAGMA user_version = 1") ==
      begin +
          "found results that an older version of dlac keeps (tables of version 1), expected tables of version 2: run "
          "the sweep in another folder\n");
  const auto resumed = run_program({"sweep", sweep, "--out", copy, "--resume"});
  CHECK(resumed.exit_code == 2);
  CHECK(resumed.err.find("an older version of dlac") != std::string::npos);
  CHECK(results_of(copy) == results_of(out));  // nothing was touched

  // Only what is damaged is run again.
  message("UPDATE results SET totals = '{}' WHERE rowid = 3; UPDATE points SET key = 'k' WHERE point = 9");
  const auto mended = run_program({"sweep", sweep, "--out", copy, "--resume"});
  CHECK(mended.exit_code == 0);
  CHECK(mended.err.find("2 damaged rows are left out") != std::string::npos);
  CHECK(mended.out.starts_with("damaged: 12 of 12 points, 1 of them run now"));
  CHECK(results_of(copy) == results_of(out));

  // What is made again is told, and without the advice to do what is being done.
  for (const auto& [sql, note] :
       {std::pair{"DROP TABLE points", "found no table points; what it held is made again"},
        std::pair{"DELETE FROM sweep", "table sweep: found no row; its points are listed again"},
        std::pair{"UPDATE results SET totals = '{}' WHERE rowid = 3",
                  "table results, row 3: found content that its checksum does not fit"}}) {
    CAPTURE(sql);
    message(sql);
    const auto made = run_program({"sweep", sweep, "--out", copy, "--resume"});
    CHECK(made.exit_code == 0);
    CHECK(made.err.find(note) != std::string::npos);
    CHECK(made.err.find("--resume") == std::string::npos);
    CHECK(results_of(copy) == results_of(out));
    CHECK(run_program({"sweep", sweep, "--out", copy, "--resume"}).err == "");
  }

  // A file of which nothing can be read is put aside.
  std::ofstream(copy + "/sweep.db") << std::string(5000, 'x');
  const auto renewed = run_program({"sweep", sweep, "--out", copy, "--resume"});
  CHECK(renewed.exit_code == 0);
  CHECK(renewed.err.find("it is " + copy + "/sweep.db.damaged now, and 0 of its results are taken over") !=
        std::string::npos);
  CHECK(results_of(copy) == results_of(out));
  CHECK(contents_of(copy + "/sweep.db.damaged") == std::string(5000, 'x'));
}

}  // namespace
}  // namespace dlac::test
