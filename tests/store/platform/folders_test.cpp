#include "store/platform/folders.h"

#include <doctest/doctest.h>
#include <atomic>
#include <barrier>
#include <cstdio>
#include <thread>

#include "temporary_directory.h"

using namespace envstore;

TEST_CASE(
    "of two processes that rename one file at the same moment one succeeds, and the other sees no error") {
  constexpr int kRounds = 1500;
  TemporaryDirectory directory;
  make_directory(directory.fd(), "trash", 0700);
  std::barrier start(2);
  std::atomic<int> claimed = 0;
  std::thread claims([&] {
    for (int round = 0; round < kRounds; ++round) {
      start.arrive_and_wait();
      const std::string to = "claimed-" + std::to_string(round);
      if (renameat(directory.fd(), "spare", directory.fd(), to.c_str()) == 0) ++claimed;
      start.arrive_and_wait();
    }
  });
  int moved = 0, faults = 0;
  for (int round = 0; round < kRounds; ++round) {
    make_directory(directory.fd(), "spare", 0700);
    start.arrive_and_wait();
    try {
      if (move_away(directory.fd(), "spare", "trash/" + std::to_string(round)) == MovedAway::renamed) ++moved;
    } catch (const Error&) {
      ++faults;
    }
    start.arrive_and_wait();
  }
  claims.join();
  CHECK(faults == 0);
  CHECK(moved + claimed == kRounds);
}

TEST_CASE("a cleaner's work is undone where something is moved to") {
  TemporaryDirectory directory;
  make_directory(directory.fd(), "thing", 0500);
  CHECK(move_away(directory.fd(), "thing", "trash/entry") == MovedAway::renamed);
  CHECK(stat_at(directory.fd(), "trash/entry", Links::do_not_follow).has_value());
  CHECK(move_away(directory.fd(), "thing", "trash/entry-2") == MovedAway::nothing_there);
  CHECK(list_folder(directory.fd(), "nowhere").empty());
}
