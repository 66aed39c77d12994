// A damaged LMDB environment of the index: every read, and every write by LMDB that the checks allow, ends
// with a result or an error. The first byte selects the use of the rest: as a file of small pages, or as
// changes to a sound environment, for reads or for writes.
#include <fcntl.h>
#include <sys/stat.h>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/index/index_pages.h"
#include "store/index/index_transaction.h"
#include "tests/fuzz/fuzz.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;
using index::Environment;
using index::Pages;
using index::Transaction;

namespace {

constexpr std::size_t kSmallPage = 256;  // tests/fuzz/make_seeds.py relies on it
constexpr std::size_t kPage = 4096;
constexpr std::uint64_t kLargestMap = std::uint64_t{1} << 20;
constexpr std::size_t kMostChanges = 64;
constexpr unsigned kRows = 60;
const std::string kDirectory = "index", kFile = "index/data.mdb";

/// Keys are long, so that few fit in a page and the tree of a few rows has three levels.
std::string key_of(unsigned number) {
  char text[16];
  (void)std::snprintf(text, sizeof text, "key %03u", number * 7 % 1000);
  return text + std::string(380, '.');
}

/// Reads all bytes, so that a sanitizer detects a view outside the file.
void use(std::string_view bytes) {
  std::size_t sum = 0;
  for (const char byte : bytes) sum += static_cast<unsigned char>(byte);
  const volatile std::size_t used = sum;
  (void)used;
}

void may_be_damaged(const std::function<void()>& work) {
  try {
    work();
  } catch (const index::PageError&) {
    return;
  }
}

void walk(Pages& pages, bool forwards) {
  Pages::Cursor cursor(pages);
  std::string before;
  for (auto entry = forwards ? cursor.first() : cursor.last(); entry;
       entry = forwards ? cursor.next() : cursor.previous()) {
    fuzz::require(before.empty() || (forwards ? before < entry->first : entry->first < before));
    before = entry->first;
    use(entry->second);
  }
}

void read_all_ways(std::string_view bytes, std::size_t page_size, const std::vector<std::string>& keys) {
  const std::vector<char> exact(bytes.begin(), bytes.end());  // no readable byte after its end
  may_be_damaged([&] {
    const Pages whole(std::as_bytes(std::span(exact)), page_size, kLargestMap);
    const auto tried = [&](const std::function<void(Pages&)>& work) {
      may_be_damaged([&] {
        Pages pages = whole;
        work(pages);
      });
    };
    tried([](Pages& pages) { pages.check_all(); });
    tried([](Pages& pages) { walk(pages, true); });
    tried([](Pages& pages) { walk(pages, false); });
    tried([](Pages& pages) {
      pages.salvage([](std::string_view key, std::string_view row) { use(key), use(row); });
    });
    for (const std::string& key : keys) {
      tried([&](Pages& pages) { use(pages.get(key).value_or("")); });
      tried([&](Pages& pages) {
        pages.check_free_pages();
        pages.check_around(key);
      });
    }
  });
}

/// Made by LMDB: three levels, values of several pages, free pages.
class SoundEnvironment {
 public:
  SoundEnvironment() {
    Environment::create(directory_.fd(), kDirectory, Environment::Mode::unsynced);
    const auto environment = open();
    for (unsigned round = 0; round < 4; ++round) {
      Transaction transaction(environment, Transaction::Kind::write);
      for (unsigned row = 0; row < kRows; ++row)
        if (round == 0 || row % 8 == round)
          transaction.put(key_of(row),
                          std::string(row % 9 == 0 ? 9000 : 500, static_cast<char>('a' + round)));
      if (round == 3)
        for (unsigned row = 3; row < kRows; row += 6) transaction.erase(key_of(row));
      transaction.commit();
    }
    bytes_ = read_file(directory_.fd(), kFile);
  }
  const std::string& bytes() const { return bytes_; }

  std::shared_ptr<Environment> open() const {
    return Environment::open(directory_.fd(), kDirectory, Environment::Mode::unsynced);
  }
  std::shared_ptr<Environment> open(std::string_view changed) const {
    const Fd file = open_file(directory_.fd(), kFile, O_RDWR | O_TRUNC);
    write_all(file.get(), std::as_bytes(std::span(changed)), kFile);
    return open();
  }

 private:
  TemporaryDirectory directory_;
  std::string bytes_;
};

/// Four bytes per change: page, offset (two bytes), value. If the highest bit of the offset is set, the page
/// is replaced by a copy of page `value`.
std::string changed(std::string bytes, std::string_view changes) {
  const std::size_t pages = bytes.size() / kPage;
  for (std::size_t i = 0; i + 4 <= changes.size() && i < 4 * kMostChanges; i += 4) {
    const auto at = [&](std::size_t n) {
      return static_cast<std::size_t>(static_cast<unsigned char>(changes[i + n]));
    };
    const std::size_t page = at(0) % pages, offset = at(1) | at(2) << 8;
    if (offset < 0x8000)
      bytes[page * kPage + offset % kPage] = changes[i + 3];
    else
      bytes.replace(page * kPage, kPage, bytes.substr(at(3) % pages * kPage, kPage));
  }
  return bytes;
}

void write_and_read(const std::shared_ptr<Environment>& environment, unsigned first) {
  for (unsigned round = 0; round < 3; ++round) {  // later transactions reuse freed pages
    Transaction transaction(environment, Transaction::Kind::write);
    for (unsigned i = 0; i < 6; ++i) {
      const std::string key = key_of((first + i * 11 + round) % (2 * kRows));
      if ((first + i + round) % 3 == 0)
        transaction.erase(key);
      else
        transaction.put(key, std::string(i == 2 ? 9000 : 40 + 90 * i, 'n'));
      use(transaction.get(key).value_or(""));
    }
    transaction.commit();
  }
  Transaction transaction(environment, Transaction::Kind::read);
  index::Cursor cursor(transaction);
  for (auto entry = cursor.at_or_after(""); entry; entry = cursor.next()) use(entry->second);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  static const SoundEnvironment sound;
  const std::string_view rest = fuzz::text_of(data + 2, size - 2);
  const unsigned number = data[1] % kRows;
  switch (data[0] % 3) {
    case 0:
      read_all_ways(rest, kSmallPage, {"a", "d", "f", "i"});
      break;
    case 1:
      read_all_ways(changed(sound.bytes(), rest), kPage, {key_of(number), key_of(number + 5)});
      break;
    default:
      fuzz::may_refuse({ErrorKind::damaged}, [&] {
        const auto environment = sound.open(changed(sound.bytes(), rest));
        write_and_read(environment, number);
      });
  }
  return 0;
}
