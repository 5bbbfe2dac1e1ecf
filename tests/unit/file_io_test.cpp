// Files that are read whole and written whole.

#include "sim/core/file_io.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "tests/unit/bad_input.h"

namespace dlac {
namespace {

using test::message_of;

std::size_t files_in(const std::string& folder) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

TEST_CASE("a file is written whole, over an older one, and leaves nothing beside it") {
  const test::temporary_folder folder;
  const std::string path = folder.file("report.json", "old");
  write_file_atomically(path, "new");
  CHECK(read_file(path, "a report", 100) == "new");
  write_file_atomically(folder.path("empty"), "");
  CHECK(read_file(folder.path("empty"), "a report", 100).empty());
  CHECK(files_in(folder.path("")) == 2);
}

TEST_CASE("a symbolic link is followed") {
  const test::temporary_folder folder;
  const std::string target = folder.file("target", "old");
  std::filesystem::create_symlink(target, folder.path("link"));
  write_file_atomically(folder.path("link"), "new");
  CHECK(std::filesystem::is_symlink(folder.path("link")));
  CHECK(read_file(target, "a report", 100) == "new");
}

TEST_CASE("what cannot be written is refused, and nothing is left behind") {
  const test::temporary_folder folder;
  const auto message = [](const std::string& path) {
    return message_of([&] { write_file_atomically(path, "contents"); });
  };
  CHECK(message(folder.path("")) == folder.path("") + ": found a folder, expected a file to write");
  CHECK(message(folder.path("none/report")) ==
        folder.path("none/report") + ": found No such file or directory, expected a file that can be written");
  CHECK(message("/dev/null") == "/dev/null: found a special file, expected a regular file to write");
  CHECK(files_in(folder.path("")) == 0);
}

TEST_CASE("a file is read whole or not at all") {
  const test::temporary_folder folder;
  const std::string contents(200000, 'x');
  const std::string path = folder.file("large", contents);
  CHECK(read_file(path, "a table", 200000) == contents);
  CHECK(message_of([&] { static_cast<void>(read_file(path, "a table", 199999)); }) ==
        path + ": found more than 199999 bytes, expected a table");
}

TEST_CASE("files of a set appear together, and one that cannot takes back the others") {
  const test::temporary_folder folder;
  const std::string old = folder.file("old", "old");
  const std::string earlier = folder.file("earlier", "of another set");
  atomic_files files;
  files.add(old, "new");
  files.add(folder.path("first"), "first");
  atomic_file& last = files.add(folder.path("last"));
  last.write("last");
  files.remove(earlier);
  CHECK(read_file(old, "", 100) == "old");
  SUBCASE("all are there") {
    files.commit();
    CHECK(read_file(old, "", 100) == "new");
    CHECK(read_file(folder.path("first"), "", 100) == "first");
    CHECK(read_file(folder.path("last"), "", 100) == "last");
    CHECK(!std::filesystem::exists(earlier));
    CHECK(files_in(folder.path("")) == 3);
  }
  SUBCASE("the last place is taken") {
    {
      atomic_files failing = std::move(files);
      std::filesystem::create_directories(folder.path("last/below"));
      CHECK(message_of([&] { failing.commit(); }).starts_with(folder.path("last") + ": found "));
    }
    CHECK(read_file(old, "", 100) == "old");
    CHECK(!std::filesystem::exists(folder.path("first")));
    CHECK(std::filesystem::exists(earlier));
    CHECK(files_in(folder.path("")) == 3);
  }
}

TEST_CASE("a place is checked without writing anything") {
  const test::temporary_folder folder;
  check_file_to_write(folder.path("new"));
  check_file_to_write(folder.file("old", ""));
  CHECK(
      message_of([&] { check_file_to_write(folder.path("")); }).ends_with("found a folder, expected a file to write"));
  CHECK(message_of([&] {
          check_file_to_write(folder.path("none/new"));
        }).ends_with("found No such file or directory, expected a file that can be written"));
  CHECK(files_in(folder.path("")) == 1);
}

TEST_CASE("folders are made with those above them") {
  const test::temporary_folder folder;
  make_folders(folder.path("a/b"));
  make_folders(folder.path("a/b"));
  CHECK(std::filesystem::is_directory(folder.path("a/b")));
  const std::string file = folder.file("file", "");
  CHECK(message_of([&] { make_folders(file); }).starts_with(file + ": found "));
  CHECK(message_of([&] { make_folders(file + "/below"); }).starts_with(file + "/below: found "));
}

}  // namespace
}  // namespace dlac
