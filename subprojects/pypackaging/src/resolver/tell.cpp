#include <algorithm>
#include <map>
#include <set>

#include "explain.h"

namespace pypackaging::resolver {

namespace {

std::string capitalized(std::string text) {
  // Package names keep their case; sentences start with one of these words or a package name.
  for (const char* word : {"you ", "your ", "all ", "only "})
    if (text.starts_with(word)) text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

/// Writes a proof as pub's solver documentation describes ("Error reporting"): one sentence per step; "And
/// because" continues a chain; a conclusion that is used twice gets a number.
class Teller {
 public:
  Teller(const Engine& engine, const std::vector<CoreFact>& facts, const Wording& wording)
      : engine_(engine), facts_(facts), wording_(wording) {}

  std::string run(FactId failure) {
    if (fact(failure).is_leaf()) return capitalized(wording_.leaf(facts_[fact(failure).leaf])) + ".";
    if (const auto simple = one_requirement()) return *simple;
    count_uses(failure);
    if (const auto all = short_story(failure); !all.empty())
      sentence("Because", all, failure);
    else
      visit(failure);
    return text_;
  }

 private:
  const Incompatibility& fact(FactId id) const { return engine_.fact(id); }

  /// The sentence for a single requirement and the exclusions against it; nullopt if there are other facts.
  std::optional<std::string> one_requirement() const {
    std::vector<std::string> obstacles;
    const CoreFact* wanted = nullptr;
    for (const CoreFact& each : facts_) {
      if (each.leaf.kind == Leaf::Kind::requirement && wanted == nullptr)
        wanted = &each;
      else if (each.leaf.kind == Leaf::Kind::exclusion)
        obstacles.push_back(wording_.exclusion(each));
      else
        return std::nullopt;
    }
    if (wanted == nullptr) return std::nullopt;
    return capitalized(wording_.leaf(*wanted)) + ", but " + list_of(obstacles) + ".";
  }

  /// All leaf facts, if they are at most four and all but at most one are the user's requirements: one
  /// sentence covers them. Else empty.
  std::vector<FactId> short_story(FactId failure) const {
    const std::vector<FactId> all = leaf_facts_of(engine_, failure);
    const auto others = std::count_if(all.begin(), all.end(), [this](FactId id) {
      return facts_[fact(id).leaf].leaf.kind != Leaf::Kind::requirement;
    });
    return others <= 1 && all.size() <= 4 ? all : std::vector<FactId>();
  }

  void count_uses(FactId id) {
    if (++uses_[id] > 1 || fact(id).is_leaf()) return;
    count_uses(fact(id).left);
    count_uses(fact(id).right);
  }

  bool is_told(FactId id) const { return numbers_.contains(id); }

  std::string reason(FactId id) const {
    if (fact(id).is_leaf()) return wording_.leaf(facts_[fact(id).leaf]);
    return wording_.conclusion(fact(id)) + " (" + std::to_string(numbers_.at(id)) + ")";
  }

  std::pair<int, std::uint32_t> place(FactId id) const {
    if (!fact(id).is_leaf()) return {3, id};
    const CoreFact& told = facts_[fact(id).leaf];
    if (wording_.leaf(told).find(", but ") != std::string::npos) return {2, fact(id).leaf};
    return {told.leaf.kind == Leaf::Kind::requirement ? 1 : 0, fact(id).leaf};
  }

  /// Whether `dependent` is a dependency on the package that `other` is about.
  bool needs(FactId dependent, FactId other) const {
    if (!fact(dependent).is_leaf() || !fact(other).is_leaf()) return false;
    const Leaf& first = facts_[fact(dependent).leaf].leaf;
    const Leaf& second = facts_[fact(other).leaf].leaf;
    return first.kind == Leaf::Kind::dependency && second.kind != Leaf::Kind::requirement &&
           wording_.base_of(first.target) == second.package && first.package != second.package;
  }

  /// Joins facts: "you require A and you require B" becomes "you require A and B".
  std::string reasons(std::vector<FactId> ids) const {
    // Order: dependencies and exclusions, the user's requirements, facts with a "but" clause, conclusions. Of
    // two facts, a dependency precedes a fact about its target.
    std::stable_sort(ids.begin(), ids.end(), [this](FactId a, FactId b) { return place(a) < place(b); });
    if (ids.size() == 2 && needs(ids[1], ids[0])) std::swap(ids[0], ids[1]);
    std::vector<std::pair<std::string, std::vector<std::string>>> groups;
    for (const FactId id : ids) {
      std::pair<std::string, std::string> parts{reason(id), ""};
      if (fact(id).is_leaf()) parts = wording_.leaf_parts(facts_[fact(id).leaf]);
      const auto same = std::find_if(groups.begin(), groups.end(), [&](const auto& group) {
        return group.first == parts.first && !parts.second.empty() &&
               group.second.front().find(", but ") == std::string::npos;
      });
      if (same == groups.end())
        groups.push_back({parts.first, {parts.second}});
      else if (std::find(same->second.begin(), same->second.end(), parts.second) == same->second.end())
        same->second.push_back(parts.second);
    }
    std::vector<std::string> texts;
    for (const auto& [first, seconds] : groups)
      texts.push_back(seconds.front().empty() ? first : first + " " + list_of(seconds));
    return list_of(texts);
  }

  void sentence(const std::string& start, const std::vector<FactId>& ids, FactId conclusion) {
    std::string line = start;
    if (!ids.empty()) line += " " + reasons(ids);
    finish(line + ", ", conclusion);
  }

  void finish(const std::string& start, FactId conclusion) {
    if (!text_.empty()) text_ += '\n';
    text_ += start + wording_.conclusion(fact(conclusion));
    if (uses_[conclusion] > 1 || forced_.contains(conclusion)) {
      numbers_.emplace(conclusion, static_cast<int>(numbers_.size()) + 1);
      text_ += " (" + std::to_string(numbers_.at(conclusion)) + ")";
    }
    text_ += '.';
  }

  void visit(FactId id) {
    if (is_told(id)) return;
    const FactId left = fact(id).left;
    const FactId right = fact(id).right;
    if (fact(left).is_leaf() && fact(right).is_leaf())
      sentence("Because", {left, right}, id);
    else if (fact(left).is_leaf())
      visit_chain(id, right, left);
    else if (fact(right).is_leaf())
      visit_chain(id, left, right);
    else
      visit_branches(id, left, right);
  }

  /// Explains a fact that follows from a derived fact and an input fact.
  void visit_chain(FactId id, FactId derived, FactId outside) {
    if (is_told(derived)) return sentence("Because", {outside, derived}, id);
    if (const auto parts = collapsible(derived)) {
      visit(parts->first);
      return sentence("And because", {parts->second, outside}, id);
    }
    visit(derived);
    sentence("And because", {outside}, id);
  }

  /// The parents of `id`, derived and input fact, if its step can be merged with the next one into one
  /// sentence.
  std::optional<std::pair<FactId, FactId>> collapsible(FactId id) const {
    if (uses_.at(id) > 1) return std::nullopt;
    const FactId left = fact(id).left;
    const FactId right = fact(id).right;
    if (fact(left).is_leaf() == fact(right).is_leaf()) return std::nullopt;
    const auto parts = fact(left).is_leaf() ? std::pair{right, left} : std::pair{left, right};
    if (is_told(parts.first)) return std::nullopt;
    return parts;
  }

  void visit_branches(FactId id, FactId left, FactId right) {
    if (is_told(left) && is_told(right)) return sentence("Because", {left, right}, id);
    if (is_told(left) || is_told(right)) {
      const FactId told = is_told(left) ? left : right;
      visit(told == left ? right : left);
      return sentence("And because", {told}, id);
    }
    if (is_short(right)) std::swap(left, right);
    if (is_short(left)) {
      visit(right);
      visit(left);
      return finish("Thus, ", id);
    }
    forced_.insert(left);
    visit(left);
    visit(right);
    sentence("And because", {left}, id);
  }

  bool is_short(FactId id) const { return fact(fact(id).left).is_leaf() && fact(fact(id).right).is_leaf(); }

  const Engine& engine_;
  const std::vector<CoreFact>& facts_;
  const Wording& wording_;
  std::map<FactId, int> uses_;
  std::map<FactId, int> numbers_;
  std::set<FactId> forced_;
  std::string text_;
};

}  // namespace

std::string tell(const Proof& proof, const std::vector<CoreFact>& facts, const Wording& wording) {
  return Teller(proof.engine, facts, wording).run(proof.failure);
}

}  // namespace pypackaging::resolver
