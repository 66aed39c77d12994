#include "matching.h"

#include <algorithm>

namespace pypackaging::resolver {

namespace {

class ClauseMatcher {
 public:
  ClauseMatcher(const Package& package, const Specifier& clause)
      : package_(package), clause_(clause), set_(VersionSet::none(package.bits())) {}

  VersionSet run() {
    if (!clause_.version())
      match_each(0, package_.offered_count);
    else if (clause_.is_prefix_match() || clause_.op() == Operator::compatible)
      match_interval();
    else
      match_around();
    match_each(package_.offered_count, package_.candidates.size());
    return std::move(set_);
  }

 private:
  const Version& version(std::size_t index) const { return package_.candidates[index].offered->version; }
  bool matches(std::size_t index) const { return clause_.matches(version(index)); }

  void match_each(std::size_t first, std::size_t last) {
    for (; first < last; ++first)
      if (package_.candidates[first].readable && matches(first)) set_.add(first + 1);
  }

  std::size_t lower_bound(const std::string& text) const {
    const Result<Version> bound = Version::parse(text);
    return bound ? lower_bound(*bound) : 0;
  }

  std::size_t lower_bound(const Version& bound) const {
    return partition(0, [&](std::size_t index) { return version(index) < bound; });
  }

  template <class Predicate>
  std::size_t partition(std::size_t first, Predicate predicate) const {
    std::size_t length = package_.offered_count - first;
    while (length > 0) {
      const std::size_t half = length / 2;
      if (predicate(first + half)) {
        first += half + 1;
        length -= half + 1;
      } else {
        length = half;
      }
    }
    return first;
  }

  /// `==1.2.*`, `!=1.2.*` and `~=1.2` match one interval that starts at a known version, or its complement.
  void match_interval() {
    const bool negated = clause_.op() == Operator::not_equal;
    const std::size_t first = clause_.op() == Operator::compatible
                                  ? lower_bound(*clause_.version())
                                  : lower_bound(clause_.version()->base_version() + ".dev0");
    const std::size_t last = partition(first, [&](std::size_t index) { return matches(index) != negated; });
    if (negated) set_.add_range(1, first + 1);
    if (negated) set_.add_range(last + 1, package_.offered_count + 1);
    if (!negated) set_.add_range(first + 1, last + 1);
  }

  /// The other operators are constant below and above all versions of the clause's release; those in between
  /// are tested one by one.
  void match_around() {
    const std::string base = clause_.version()->base_version();
    const std::size_t first = lower_bound(base + ".dev0");
    const std::size_t last = lower_bound(base + ".0.0.0.1.dev0");
    if (first > 0 && matches(0)) set_.add_range(1, first + 1);
    match_each(first, last);
    if (last < package_.offered_count && matches(package_.offered_count - 1))
      set_.add_range(last + 1, package_.offered_count + 1);
  }

  const Package& package_;
  const Specifier& clause_;
  VersionSet set_;
};

}  // namespace

VersionSet match_clause(const Package& package, const Specifier& clause) {
  return ClauseMatcher(package, clause).run();
}

}  // namespace pypackaging::resolver
