#include "python/resolve/candidates.h"

#include <doctest/doctest.h>

#include "python/resolve/candidate_cache.h"
#include "store/platform/clock.h"
#include "store/platform/error.h"
#include "tests/store/temporary_directory.h"

using namespace envstore;
using pypackaging::Usability;
using pypackaging::Version;

namespace {

Version version(const char* text) {
  return *Version::parse(text);
}

IndexFile file(const std::string& filename) {
  IndexFile result;
  result.filename = filename;
  result.url = "https://index.invalid/" + filename;
  return result;
}

/// A project's page and the candidates that an interpreter has on it.
struct World {
  pypackaging::TagEnvironment environment = {"cpython",        {3, 11}, "", false, "linux_x86_64",
                                             std::pair{2, 36}, {},      {}, true};
  pypackaging::TagPriority tags{pypackaging::supported_tags(environment)};
  Version python = version("3.11.2");
  std::optional<std::int64_t> exclude_newer;
  const FileDigests* hashes = nullptr;
  ProjectFiles files;

  World& with(IndexFile one) {
    files.page.files.push_back(std::move(one));
    return *this;
  }
  FilePolicy policy = kWheelsOnly;
  Candidates candidates() const { return {"demo", files, {tags, python, exclude_newer, hashes, policy}}; }
  Usability usability_of(const char* text) const {
    const Candidates all = candidates();
    for (const auto& offer : all.offer().versions)
      if (offer.version == version(text)) return offer.usability;
    FAIL("the version is not offered at all");
    return Usability::unreadable;
  }
  std::string chosen(const char* text) const {
    const Candidates all = candidates();
    const auto found = all.file(version(text));
    return found ? found->filename : "";
  }
};

}  // namespace

TEST_CASE("of a version's wheels the one with the best tag is taken") {
  World world;
  world.with(file("demo-1.0-py3-none-any.whl"))
      .with(file("demo-1.0-cp311-cp311-manylinux_2_17_x86_64.whl"))
      .with(file("demo-1.0-cp38-abi3-manylinux_2_17_x86_64.whl"))
      .with(file("demo-1.0-cp312-cp312-manylinux_2_17_x86_64.whl"));
  CHECK(world.chosen("1.0") == "demo-1.0-cp311-cp311-manylinux_2_17_x86_64.whl");
}

TEST_CASE("of wheels with the same tags the highest build number is taken") {
  World world;
  world.with(file("demo-1.0-9-py3-none-any.whl"))
      .with(file("demo-1.0-10-py3-none-any.whl"))
      .with(file("demo-1.0-py3-none-any.whl"));
  CHECK(world.chosen("1.0") == "demo-1.0-10-py3-none-any.whl");
}

TEST_CASE("a yanked wheel is taken only where the version has no other") {
  World world;
  IndexFile better = file("demo-1.0-cp311-cp311-manylinux_2_17_x86_64.whl");
  better.yanked = "broken";
  world.with(better).with(file("demo-1.0-py3-none-any.whl"));
  CHECK(world.chosen("1.0") == "demo-1.0-py3-none-any.whl");
  CHECK_FALSE(world.candidates().offer().versions.front().yanked);

  World only;
  only.with(better);
  CHECK(only.chosen("1.0") == better.filename);
  CHECK(only.candidates().offer().versions.front().yanked);
  CHECK(only.candidates().offer().versions.front().yanked_reason == "broken");
}

TEST_CASE(
    "wheels for other interpreters leave a version without a matching wheel, and say for which they are") {
  World world;
  world.with(file("demo-2.0-cp312-cp312-manylinux_2_17_x86_64.whl")).with(file("demo-1.0-py3-none-any.whl"));
  CHECK(world.usability_of("2.0") == Usability::no_matching_wheel);
  CHECK(world.usability_of("1.0") == Usability::usable);
  CHECK(world.candidates().offer().versions.back().detail ==
        "wheels for cp312-cp312-manylinux_2_17_x86_64 only");
}

TEST_CASE("a version with a source distribution alone is not usable where only wheels are taken") {
  World world;
  world.with(file("demo-1.0.tar.gz"));
  CHECK(world.usability_of("1.0") == Usability::no_matching_wheel);
  CHECK(world.candidates().offer().versions.front().detail == "a source distribution only");
}

TEST_CASE("Requires-Python of the page excludes files, and an unreadable one excludes none") {
  World world;
  IndexFile newer = file("demo-2.0-py3-none-any.whl"), odd = file("demo-1.0-py3-none-any.whl");
  newer.requires_python = ">=3.12";
  odd.requires_python = ">=three";
  world.with(newer).with(odd);
  CHECK(world.usability_of("2.0") == Usability::needs_other_python);
  CHECK(world.candidates().offer().versions.back().detail == ">=3.12");
  CHECK(world.usability_of("1.0") == Usability::usable);
}

TEST_CASE("with a date, files uploaded later or at an unknown time do not exist") {
  World world;
  IndexFile early = file("demo-1.0-py3-none-any.whl"), late = file("demo-2.0-py3-none-any.whl");
  early.upload_time_ns = 100;
  late.upload_time_ns = 101;
  world.with(early).with(late).with(file("demo-3.0-py3-none-any.whl"));
  world.exclude_newer = 100;
  CHECK(world.usability_of("1.0") == Usability::usable);
  CHECK(world.usability_of("2.0") == Usability::excluded_by_date);
  CHECK(world.usability_of("3.0") == Usability::excluded_by_date);
}

TEST_CASE("where hashes are required, only files with one of them are taken") {
  const FileDigests allowed = {{"sha256", std::string(64, 'a')}};
  World world;
  IndexFile good = file("demo-1.0-py3-none-any.whl"),
            bad = file("demo-1.0-cp311-cp311-manylinux_2_17_x86_64.whl");
  good.hashes.add({"sha256", std::string(64, 'a')});
  bad.hashes.add({"sha256", std::string(64, 'b')});
  world.with(good).with(bad);
  world.hashes = &allowed;
  CHECK(world.chosen("1.0") == good.filename);
}

TEST_CASE(
    "a file whose page has another hash algorithm than the required one is checked after its download") {
  const FileDigests allowed = {{"sha512", std::string(128, 'a')}}, none;
  World world;
  IndexFile told = file("demo-1.0-py3-none-any.whl");
  told.hashes.add({"sha256", std::string(64, 'a')});
  world.with(told).with(file("demo-2.0-py3-none-any.whl"));
  world.hashes = &allowed;
  CHECK(world.chosen("1.0") == told.filename);
  CHECK(world.usability_of("2.0") == Usability::usable);
  world.hashes = &none;
  CHECK(world.chosen("1.0") == "");
  CHECK(world.chosen("2.0") == "");
}

TEST_CASE("text of an index does not steer the terminal") {
  World world;
  IndexFile withdrawn = file("demo-1.0-py3-none-any.whl"), other = file("demo-2.0-py3-none-any.whl");
  withdrawn.yanked = "gone\n\x1b[2Jerror: \xe2\x80\xae" + std::string(5000, 'x');
  other.requires_python = ">=3.99\x1b[1m";
  world.with(withdrawn).with(other);
  const auto versions = world.candidates().offer().versions;
  CHECK(versions.at(0).yanked_reason.starts_with("gone\\x0a\\x1b[2Jerror: \\xe2\\x80\\xae"));
  CHECK(versions.at(0).yanked_reason.size() < 300);
}

TEST_CASE("files of other projects and files that are no distributions are passed over") {
  World world;
  world.with(file("other-1.0-py3-none-any.whl")).with(file("demo-1.0.exe")).with(file("demo.whl"));
  CHECK(world.candidates().offer().versions.empty());
}

TEST_CASE("the likely version is the highest usable final release that fits, else a prerelease") {
  World world;
  world.with(file("demo-1.0-py3-none-any.whl"))
      .with(file("demo-2.0-py3-none-any.whl"))
      .with(file("demo-3.0rc1-py3-none-any.whl"))
      .with(file("demo-4.0-cp312-cp312-win_amd64.whl"));
  const Candidates all = world.candidates();
  CHECK(all.likely({}) == version("2.0"));
  CHECK(all.likely(*pypackaging::SpecifierSet::parse("<2")) == version("1.0"));
  CHECK(all.likely(*pypackaging::SpecifierSet::parse(">2.5")) == version("3.0rc1"));
  CHECK_FALSE(all.likely(*pypackaging::SpecifierSet::parse(">5")).has_value());
}

TEST_CASE(
    "candidates that were kept are the same when they are read again, and every truncation is refused") {
  World world;
  IndexFile best = file("demo-1.0-py3-none-any.whl");
  best.hashes.add({"sha256", std::string(64, 'a')});
  IndexFile withdrawn = file("demo-1.1-py3-none-any.whl");
  withdrawn.yanked = "broken";
  IndexFile newer = file("demo-2.0-py3-none-any.whl");
  newer.requires_python = ">=3.99";
  world.with(best).with(withdrawn).with(newer).with(file("demo-3.0-cp39-cp39-win_amd64.whl"));
  const Candidates made = world.candidates();
  const std::string bytes = made.encode();
  const Candidates read = Candidates::decode(bytes, "somewhere");
  CHECK(read.encode() == bytes);
  CHECK(read.offer().where == "somewhere");
  REQUIRE(read.offer().versions.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto& offer = made.offer().versions[i];
    CHECK(read.offer().versions[i].version == offer.version);
    CHECK(read.offer().versions[i].usability == offer.usability);
    CHECK(read.offer().versions[i].yanked == offer.yanked);
    CHECK(read.offer().versions[i].yanked_reason == offer.yanked_reason);
    CHECK(read.offer().versions[i].detail == offer.detail);
    CHECK(read.file(offer.version) == made.file(offer.version));
  }
  CHECK(read.file(version("1.0")) == best);
  CHECK_FALSE(read.file(version("2.0")));
  CHECK_FALSE(read.file(version("9")));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_THROWS_AS(Candidates::decode(bytes.substr(0, size), ""), Error);
}

TEST_CASE("candidates are kept for the contents of a page and the rules that they were made by") {
  const TemporaryDirectory directory;
  SystemClock clock;
  Store store = Store::open(directory.path(), clock);
  World world;
  world.with(file("demo-1.0-py3-none-any.whl"));
  const CachedPage page{{"https://index.invalid/demo/", fingerprint(as_bytes("one"))}, "the index"};
  const CachedPage changed{{page.identity.url, fingerprint(as_bytes("two"))}, "the index"};
  const CandidateRules rules{world.tags, world.python, std::nullopt, nullptr};
  CandidateCache cache(store, rules);
  cache.add("demo", page.identity, world.candidates());
  CHECK_FALSE(cache.find("demo", page));
  cache.save();
  CHECK(CandidateCache(store, rules).find("demo", page)->file(version("1.0")));
  CHECK_FALSE(cache.find("demo", changed));
  CHECK_FALSE(cache.find("other", page));
  const Version other_python = version("3.12.1");
  CHECK_FALSE(CandidateCache(store, {world.tags, other_python, std::nullopt, nullptr}).find("demo", page));
  CHECK_FALSE(CandidateCache(store, {world.tags, world.python, 5, nullptr}).find("demo", page));
  const FilePolicy policy{"other", kWheelsOnly.choose};
  CHECK_FALSE(CandidateCache(store, {world.tags, world.python, {}, nullptr, policy}).find("demo", page));
  const FileDigests hashes;
  CHECK_FALSE(CandidateCache(store, {world.tags, world.python, std::nullopt, &hashes}).find("demo", page));
}

TEST_CASE("the candidates of the eight rules used last are kept, older ones are removed") {
  const TemporaryDirectory directory;
  SystemClock clock;
  Store store = Store::open(directory.path(), clock);
  World world;
  world.with(file("demo-1.0-py3-none-any.whl"));
  const CachedPage pages[] = {{{"https://index.invalid/a/", {}}, ""}, {{"https://index.invalid/b/", {}}, ""}};
  const auto cache_of = [&](std::int64_t newest) {
    return std::make_unique<CandidateCache>(store, CandidateRules{world.tags, world.python, newest, nullptr});
  };
  for (const std::int64_t newest : {1, 2, 1, 3, 4, 5, 6, 7, 8, 9}) {
    const auto cache = cache_of(newest);
    for (const CachedPage& page : pages) {  // one `save` per page: earlier keys must be kept
      cache->add("demo", page.identity, world.candidates());
      cache->save();
    }
  }
  for (const CachedPage& page : pages)
    for (std::int64_t newest = 1; newest < 10; ++newest)
      CHECK(cache_of(newest)->find("demo", page).has_value() == (newest != 2));
  std::size_t documents = 0;
  store.index().read().each_document([&](const std::string&, const DocumentRow&) { return ++documents > 0; });
  CHECK(documents == 8 * (2 + 1) + 1);
}

TEST_CASE("a policy chooses among all wheels that fit, best first, and the source distributions") {
  static std::vector<std::string> seen;
  World world;
  IndexFile yanked = file("demo-1.0-cp311-cp311-linux_x86_64.whl");
  yanked.yanked = "";
  world.with(file("demo-1.0.tar.gz")).with(yanked).with(file("demo-1.0-py3-none-any.whl"));
  world.with(file("demo-1.0-2-py3-none-any.whl")).with(file("demo-1.0-py3-none-win32.whl"));
  world.policy = {"sdists", [](const VersionFiles& files) -> const IndexFile* {
                    for (const IndexFile* each : files.wheels) seen.push_back(each->filename);
                    return files.sdists.empty() ? nullptr : files.sdists.front();
                  }};
  CHECK(world.chosen("1.0") == "demo-1.0.tar.gz");
  CHECK(world.usability_of("1.0") == Usability::usable);
  CHECK(std::vector<std::string>(seen.begin(), seen.begin() + 3) ==
        std::vector<std::string>{"demo-1.0-2-py3-none-any.whl", "demo-1.0-py3-none-any.whl",
                                 "demo-1.0-cp311-cp311-linux_x86_64.whl"});
  world.policy = kWheelsOnly;
  CHECK(world.chosen("1.0") == "demo-1.0-2-py3-none-any.whl");
}

TEST_CASE("without a wheel a source distribution is refused, unless the policy takes it") {
  World world;
  world.with(file("demo-1.0.tar.gz"));
  CHECK(world.usability_of("1.0") == Usability::no_matching_wheel);
  CHECK(world.chosen("1.0").empty());
  for (const FilePolicy& policy : {kPreferWheel, kSdistsOnly}) {
    world.policy = policy;
    CHECK(world.usability_of("1.0") == Usability::usable);
    CHECK(world.chosen("1.0") == "demo-1.0.tar.gz");
  }
  world.policy = kNoFile;
  CHECK(world.usability_of("1.0") == Usability::no_matching_wheel);
}

TEST_CASE("a wheel that fits comes before the source distribution, and one that is yanked after it") {
  World world;
  world.policy = kPreferWheel;
  IndexFile wheel = file("demo-1.0-py3-none-any.whl"), other = file("demo-2.0-cp39-cp39-win_amd64.whl");
  world.with(file("demo-1.0.tar.gz")).with(wheel).with(other).with(file("demo-2.0.tar.gz"));
  CHECK(world.chosen("1.0") == wheel.filename);
  CHECK(world.chosen("2.0") == "demo-2.0.tar.gz");
  World yanked;
  yanked.policy = kPreferWheel;
  wheel.yanked = "broken";
  yanked.with(wheel).with(file("demo-1.0.tar.gz"));
  CHECK(yanked.chosen("1.0") == "demo-1.0.tar.gz");
}

TEST_CASE("of several indexes in order, the first that has a version answers, whatever files it has") {
  World world;
  IndexFile wheel = file("demo-1.0-py3-none-any.whl"), far = file("demo-1.0.tar.gz");
  IndexFile near = file("demo-1.0.zip");
  wheel.rank = far.rank = 1;
  world.with(wheel).with(far).with(near);
  world.policy = kPreferWheel;
  CHECK(world.chosen("1.0") == near.filename);
  world.policy = kSdistsOnly;
  CHECK(world.chosen("1.0") == near.filename);
  world.policy = kWheelsOnly;
  CHECK(world.chosen("1.0") == wheel.filename);
  World yanked;
  yanked.policy = kPreferWheel;
  near.rank = 2;
  wheel.yanked = "broken";
  yanked.with(wheel).with(near);
  CHECK(yanked.chosen("1.0") == wheel.filename);
}

TEST_CASE("of several source distributions the usual format is taken, and others than archives never") {
  World world;
  world.policy = kSdistsOnly;
  world.with(file("demo-1.0.tar.bz2")).with(file("demo-1.0.zip")).with(file("demo-1.0.tar.gz"));
  world.with(file("demo-2.0.tar.bz2")).with(file("demo-2.0.zip")).with(file("demo-3.0-py3-none-any.whl"));
  world.with(file("demo-4.0.tar.Z"));
  CHECK(world.chosen("1.0") == "demo-1.0.tar.gz");
  CHECK(world.chosen("2.0") == "demo-2.0.zip");
  CHECK(world.usability_of("3.0") == Usability::no_matching_wheel);
  CHECK(world.chosen("4.0").empty());
}

TEST_CASE("each rule on the files of a package has its policy") {
  CHECK(file_policy(AllowedFiles::any).name == kPreferWheel.name);
  CHECK(file_policy(AllowedFiles::wheels).name == kWheelsOnly.name);
  CHECK(file_policy(AllowedFiles::sdists).name == kSdistsOnly.name);
  CHECK(file_policy(AllowedFiles::none).name == kNoFile.name);
}

TEST_CASE("the advice on a version that may not be used names the setting that forbids it") {
  const auto advice = [](const FilePolicy& policy, const char* filename) {
    World world;
    world.policy = policy;
    world.with(file(filename));
    return world.candidates().offer().versions.front().advice;
  };
  CHECK(advice(kWheelsOnly, "demo-1.0.tar.gz").find("--no-build") != std::string::npos);
  CHECK(advice(kSdistsOnly, "demo-1.0-py3-none-any.whl").find("--no-binary") != std::string::npos);
}
