#include "python/provision/build_cache.h"

#include <chrono>
#include <limits>

#include "store/platform/codec.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

// do not change: rows are found by them
constexpr const char* kWheelPrefix = "built-wheel:";
constexpr const char* kMetadataPrefix = "built-metadata:";
constexpr const char* kStaticPrefix = "sdist-metadata:";

constexpr std::uint8_t kVersion = 1;
/// A collection removes documents of a certain age. One that is used is made young again before that.
constexpr std::int64_t kRenewedAfterNs = std::chrono::nanoseconds(std::chrono::hours(24 * 30)).count();

std::string wheel_row(const BuildKey& key) {
  return kWheelPrefix + key.build.hex();
}

}  // namespace

std::string encode(const BuiltWheelRecord& record) {
  Encoder out;
  out.number(kVersion);
  out.text(record.wheel.hex());
  out.text(record.filename);
  out.count(record.pins.size());
  for (const std::string& pin : record.pins) out.text(pin);
  return out.finish();
}

BuiltWheelRecord decode_built_wheel(std::string_view bytes) {
  Decoder in(bytes);
  if (in.number<std::uint8_t>() != kVersion) Decoder::fail();
  BuiltWheelRecord record;
  const auto wheel = WheelHash::parse(in.text());
  if (!wheel) Decoder::fail();
  record.wheel = *wheel;
  record.filename = in.text();
  const std::size_t pins = in.count(sizeof(std::uint32_t));
  for (std::size_t i = 0; i < pins; ++i) record.pins.emplace_back(in.text());
  in.finish();
  return record;
}

BuildKey build_key(const std::string& source_sha256, const std::string& normalized_name,
                   const Interpreter& interpreter, const BuildSettings& settings,
                   const std::vector<std::string>* shared) {
  BuildSettings of_package;
  of_package.config = settings.config_of(normalized_name);
  of_package.constraints = settings.constraints;
  if (const auto extra = settings.extra_requirements.find(normalized_name);
      extra != settings.extra_requirements.end())
    of_package.extra_requirements.insert(*extra);
  if (const auto extra = settings.extra_variables.find(normalized_name);
      extra != settings.extra_variables.end())
    of_package.extra_variables.insert(*extra);
  std::string text = "build 1\nsource " + source_sha256 + "\ninterpreter " + interpreter.identity() +
                     "\npython " + interpreter.version + "\n" + of_package.text();
  if (shared != nullptr) {
    text += "without isolation " + interpreter.found_as + "\n";
    for (const std::string& pin : *shared) text += "installed " + pin + "\n";
  }
  return {source_sha256, fingerprint(as_bytes(text))};
}

std::map<TreeId, std::vector<std::string>> pins_of_builds(const StoreReader& store) {
  std::vector<BuiltWheelRecord> records;
  Index::Read rows = store.index().read();
  rows.each_document([&](const std::string& key, const DocumentRow& row) {
    if (!key.starts_with(kWheelPrefix)) return true;
    try {
      records.push_back(decode_built_wheel(row.body));
    } catch (const Error&) {
      // Of another version of the program.
    }
    return true;
  });
  std::map<TreeId, std::vector<std::string>> pins;
  for (BuiltWheelRecord& record : records)
    if (const auto wheel = rows.wheel(record.wheel)) pins.emplace(wheel->tree, std::move(record.pins));
  return pins;
}

std::optional<TreeId> BuildCache::tree(const BuildKey& key) {
  const auto body = load(wheel_row(key));
  if (!body) return std::nullopt;
  try {
    const BuiltWheelRecord record = decode_built_wheel(*body);
    Index::Read rows = store_.index().read();
    const auto wheel = rows.wheel(record.wheel);
    if (wheel && rows.tree(wheel->tree)) return wheel->tree;
  } catch (const Error&) {
    // Of another version of the program: built again.
  }
  return std::nullopt;
}

void BuildCache::keep_wheel(const BuildKey& key, const BuiltWheelRecord& record) {
  keep(wheel_row(key), encode(record));
}

std::optional<std::string> BuildCache::metadata(const BuildKey& key) {
  if (auto text = load(kMetadataPrefix + key.build.hex())) return text;
  return load(kStaticPrefix + key.source);
}

void BuildCache::keep_metadata(const BuildKey& key, const std::string& text) {
  keep(kMetadataPrefix + key.build.hex(), text);
}

void BuildCache::keep_static_metadata(const BuildKey& key, const std::string& text) {
  keep(kStaticPrefix + key.source, text);
}

std::optional<std::string> BuildCache::load(const std::string& key) {
  const auto row = store_.index().read().document(key);
  if (!row) return std::nullopt;
  const std::int64_t now_ns = store_.clock().now().time_since_epoch().count();
  if (!store_.is_read_only() && row->fetched_at_ns < now_ns - kRenewedAfterNs) keep(key, row->body);
  return row->body;
}

void BuildCache::keep(const std::string& key, const std::string& body) {
  DocumentRow row;
  row.fetched_at_ns = store_.clock().now().time_since_epoch().count();
  row.fresh_until_ns = std::numeric_limits<std::int64_t>::max();
  row.body = body;
  Index::Write write = store_.index().write();
  write.put_document(key, row);
  write.commit();
}

}  // namespace envstore
