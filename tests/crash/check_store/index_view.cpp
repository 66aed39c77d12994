#include "index_view.h"

#include <lmdb.h>
#include <sys/stat.h>
#include <stdexcept>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "reader.h"

namespace check {
namespace {

constexpr std::size_t kLongestKeyText = 400;

enum Table : unsigned char {
  kBlobs = 1,
  kTrees,
  kBlobTrees,
  kWheels,
  kInterpreters,
  kDocuments,
  kSnapshots,
  kTreeSnapshots,
  kRequests,
  kCachedRuns,
  kRoots,
  kDeleting,
  kLeases = 0x80,
  kCondemned,
  kUses,
  kPublished
};

std::string fingerprint(std::string_view bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  return {reinterpret_cast<const char*>(canonical.digest), sizeof canonical.digest};
}

std::string key_text(const std::string& name) {
  return name.size() <= kLongestKeyText ? name : name.substr(0, kLongestKeyText) + fingerprint(name);
}

/// An open LMDB environment; closed by the destructor.
class Environment {
 public:
  Environment(const std::string& directory, std::uint64_t map_size) {
    check(mdb_env_create(&env_));
    check(mdb_env_set_mapsize(env_, map_size));
    check(mdb_env_open(env_, directory.c_str(), MDB_RDONLY | MDB_NOLOCK, 0));
  }
  ~Environment() { mdb_env_close(env_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  RawRows rows() {
    MDB_txn* txn = nullptr;
    MDB_cursor* cursor = nullptr;
    MDB_dbi dbi = 0;
    MDB_val key{}, value{};
    RawRows rows;
    check(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn));
    check(mdb_dbi_open(txn, nullptr, 0, &dbi));
    check(mdb_cursor_open(txn, dbi, &cursor));
    int code = 0;
    while ((code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == MDB_SUCCESS)
      rows.emplace(std::string(static_cast<char*>(key.mv_data), key.mv_size),
                   std::string(static_cast<char*>(value.mv_data), value.mv_size));
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    if (code != MDB_NOTFOUND) check(code);
    return rows;
  }

 private:
  static void check(int code) {
    if (code != MDB_SUCCESS) throw std::runtime_error(mdb_strerror(code));
  }
  MDB_env* env_ = nullptr;
};

/// Decodes the key and value of one row into a view.
class Row {
 public:
  Row(View& view, std::string_view key, std::string_view value)
      : view_(view), table_(static_cast<unsigned char>(key.at(0))), key_(key.substr(1)), value_(value) {}

  void decode() {
    if (table_ == kUses) {
      id(key_, 32);
      value_.number(8);
    } else if (table_ == kPublished) {
      id(key_, 0);
      value_.number(8);
    } else if (table_ == kBlobTrees || table_ == kTreeSnapshots) {
      id(key_, 64);
      auto& pairs = table_ == kBlobTrees ? view_.blob_trees : view_.tree_snapshots;
      pairs.emplace(hex(key_.substr(0, 32)), hex(key_.substr(32)));
    } else {
      named();
      if (value_.number(1) != 1) throw Malformed("an unknown version");
      members();
    }
    value_.end();
  }

 private:
  static std::string id(std::string_view bytes, std::size_t size) {
    if (bytes.size() != size) throw Malformed("its key has a wrong length");
    return hex(bytes);
  }

  void named() {
    if (table_ != kInterpreters && table_ != kDocuments && table_ != kRoots && table_ != kLeases) return;
    name_ = value_.text();
    if (key_text(name_) != key_) throw Malformed("its key is not that of its name");
  }

  void members() {
    switch (table_) {
      case kBlobs:
        return blob();
      case kTrees:
        return tree();
      case kWheels:
        view_.wheels[id(key_, 32)] = hex(value_.take(32));
        return;
      case kInterpreters:
        stamp();
        value_.text();
        return;
      case kDocuments:
        value_.text();
        value_.take(16);
        value_.text();
        return;
      case kSnapshots:
        return snapshot();
      case kRequests:
        return request();
      case kCachedRuns:
        return cached_run();
      case kRoots:
        value_.below(1, 3);
        value_.text();
        view_.roots[name_] = hex(value_.take(32));
        value_.number(8);
        return;
      case kDeleting:
      case kCondemned:
        return fate();
      case kLeases:
        return lease();
      default:
        throw Malformed("no table has this number");
    }
  }

  void blob() {
    BlobFacts facts;
    facts.size = value_.number(8);
    facts.fingerprint = hex(value_.take(16));
    value_.take(8 + 8 + 4 + 8);
    view_.blobs[id(key_, 32)] = facts;
  }

  void tree() {
    value_.text();
    value_.text();
    value_.take(32);
    for (int texts = 0; texts < 3; ++texts) value_.text();
    value_.boolean();
    value_.list([&] { value_.text(); });
    value_.take(3 * 8);
    view_.trees.insert(id(key_, 32));
  }

  void snapshot() {
    SnapshotFacts facts;
    facts.record = value_.text();
    value_.number(8);
    value_.list([&] { facts.layouts.emplace_back(value_.below(1, 2) == 0 ? "farm" : "forest"); });
    view_.snapshots[id(key_, 32)] = facts;
  }

  void request() {
    const std::string canonical = value_.text();
    if (fingerprint(canonical) != key_) throw Malformed("its key is not that of its text");
    view_.requests[hex(key_)] = hex(value_.take(32));
    value_.text();
    value_.number(8);
  }

  void cached_run() {
    if (fingerprint(value_.text()) != key_) throw Malformed("its key is not that of its text");
    value_.list([&] {
      value_.text();
      if (value_.boolean()) stamp();
    });
    auto& snapshots = view_.cached_runs[hex(key_)];
    value_.list([&] { snapshots.push_back(hex(value_.take(32))); });
    value_.text();
  }

  void fate() {
    const bool is_deleting = value_.below(1, 2) == 1;
    value_.take(8 + 8);
    if (is_deleting != (table_ == kDeleting)) throw Malformed("it stands in the wrong table");
    (is_deleting ? view_.deleting : view_.condemned).insert(id(key_, 32));
  }

  void lease() {
    value_.below(1, 5);
    value_.take(8 + 8);
    auto& snapshots = view_.leases[name_];
    value_.list([&] { snapshots.push_back(hex(value_.take(32))); });
    value_.text();
  }

  void stamp() { value_.take(8 + 8 + 8 + 8 + 8 + 4 + 4); }

  View& view_;
  unsigned char table_;
  std::string_view key_;
  Reader value_;
  std::string name_;
};

}  // namespace

RawRows read_environment(const std::string& directory, std::uint64_t map_size) {
  struct stat facts {};
  if (stat((directory + "/data.mdb").c_str(), &facts) != 0) return {};
  return Environment(directory, map_size).rows();
}

RawRows laid_over(const RawRows& durable, const RawRows& volatile_side, Findings& findings) {
  RawRows rows = durable;
  for (const auto& [key, value] : volatile_side) {
    try {
      Reader reader(value);
      const bool is_row = reader.below(1, 2) == 1;
      reader.number(8);
      reader.number(8);
      if (is_row) {
        rows[key] = reader.rest();
      } else {
        reader.end();
        rows.erase(key);
      }
    } catch (const Malformed& error) {
      findings.finding("volatile entry " + hex(key) + ": " + error.what());
    }
  }
  return rows;
}

View decode(const std::string& name, const RawRows& rows, Findings& findings) {
  View view;
  view.name = name;
  for (const auto& [key, value] : rows) {
    try {
      Row(view, key, value).decode();
    } catch (const Malformed& error) {
      findings.finding(name + " row " + hex(key) + ": " + error.what());
    }
  }
  return view;
}

}  // namespace check
