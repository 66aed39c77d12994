#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>

#include "world.h"

namespace pypackaging::test {

namespace {

/// Decides by the definitions whether a solution is consistent, and whether one exists, by exhaustive search.
class Oracle {
 public:
  Oracle(const World& world, const ResolveInput& input) : world_(world), input_(input) {
    for (const auto& [name, releases] : world.releases()) names_.push_back(name);
  }

  using Choice = std::map<std::string, const Release*>;

  bool has_answer() { return search(0); }

  /// Every requirement that applies is met, and no other package is chosen.
  bool is_consistent(const Choice& choice,
                     const std::map<std::string, std::set<std::string>>* extras = nullptr) const {
    std::map<std::string, std::set<std::string>> active;
    std::set<std::string> reached;
    std::vector<Requirement> open;
    for (const Requirement& each : input_.requirements)
      if (holds(each, "")) open.push_back(each);
    const auto enqueue = [&](const Release& release, const std::string& extra) {
      for (const std::string& text : release.needs) {
        const Requirement need = requirement(text);
        if (extra.empty() ? holds(need, "") : holds(need, extra) && !holds(need, "")) open.push_back(need);
      }
    };
    std::vector<Requirement> met;  // and the constraints, because they can pin as well
    for (const Requirement& each : input_.constraints)
      if (holds(each, "")) met.push_back(each);
    while (!open.empty()) {
      const Requirement need = open.back();
      open.pop_back();
      met.push_back(need);
      const auto chosen = choice.find(need.normalized_name);
      if (chosen == choice.end() || !need.specifier.matches(version(chosen->second->version))) return false;
      if (reached.insert(need.normalized_name).second) enqueue(*chosen->second, "");
      for (const std::string& extra : need.extras)
        if (active[need.normalized_name].insert(extra).second) enqueue(*chosen->second, extra);
    }
    if (reached.size() != choice.size()) return false;
    if (extras != nullptr)
      for (const auto& [name, wanted] : active)
        for (const std::string& extra : wanted) {
          const auto& declared = choice.at(name)->extras;
          if (std::find(declared.begin(), declared.end(), extra) != declared.end() &&
              !(extras->contains(name) && extras->at(name).contains(extra)))
            return false;
        }
    for (const auto& [name, release] : choice)
      if (!usable(name, *release, met)) return false;
    return true;
  }

 private:
  bool holds(const Requirement& each, const std::string& extra) const {
    MarkerInputs inputs{input_.environment, {}, {}, MarkerContext::metadata};
    if (!extra.empty()) inputs.extras.insert(extra);
    return *each.marker.evaluate(inputs);
  }

  bool usable(const std::string& name, const Release& release, const std::vector<Requirement>& met) const {
    const Version chosen = version(release.version);
    for (const Requirement& constraint : input_.constraints)
      if (constraint.normalized_name == name && holds(constraint, "") &&
          !constraint.specifier.matches(chosen))
        return false;
    if (release.usability != Usability::usable) return false;
    if (!release.python.empty() && !SpecifierSet::parse(release.python)->matches(*input_.python))
      return false;
    if (input_.prereleases == PrereleaseMode::disallow && chosen.is_prerelease()) return false;
    if (!release.yanked) return true;
    return std::any_of(met.begin(), met.end(), [&](const Requirement& need) {
      const auto& clauses = need.specifier.clauses();
      return need.normalized_name == name &&
             std::any_of(clauses.begin(), clauses.end(), [&](const Specifier& clause) {
               return clause.op() == Operator::equal && !clause.is_prefix_match() && clause.matches(chosen);
             });
    });
  }

  bool search(std::size_t index) {
    if (index == names_.size()) return is_consistent(choice_);
    if (search(index + 1)) return true;
    for (const Release& release : world_.releases().at(names_[index])) {
      choice_[names_[index]] = &release;
      const bool found = search(index + 1);
      choice_.erase(names_[index]);
      if (found) return true;
    }
    return false;
  }

  const World& world_;
  const ResolveInput& input_;
  std::vector<std::string> names_;
  Choice choice_;
};

class Generator {
 public:
  Generator(unsigned seed, bool with_yanked) : random_(seed), with_yanked_(with_yanked) {}

  World world() {
    World world;
    packages_ = 2 + below(4);
    for (int package = 0; package < packages_; ++package) world.has(name(package), releases());
    return world;
  }

  ResolveInput input() {
    std::vector<std::string> texts;
    for (int count = 1 + below(3); count > 0; --count) texts.push_back(need(false));
    ResolveInput input = question(texts);
    if (chance(30)) input.constraints = requirements({need(false, false)});
    input.prereleases = chance(30)   ? PrereleaseMode::disallow
                        : chance(50) ? PrereleaseMode::allow
                                     : PrereleaseMode::if_necessary;
    input.strategy = chance(60) ? Strategy::highest : chance(50) ? Strategy::lowest : Strategy::lowest_direct;
    return input;
  }

 private:
  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
  bool chance(int percent) { return below(100) < percent; }
  static std::string name(int package) { return std::string(1, static_cast<char>('a' + package)); }

  std::vector<Release> releases() {
    static const std::vector<std::string> all = {"1.0", "1.1", "2.0rc1", "2.0", "3.0.dev1", "3.0"};
    std::vector<Release> result;
    for (const std::string& text : all) {
      if (!chance(45)) continue;
      Release release{text};
      if (chance(50)) release.extras = {"x"};
      if (chance(30)) release.extras.push_back("y");
      for (int count = below(4); count > 0; --count) release.needs.push_back(need(true));
      if (chance(8)) release.python = chance(50) ? ">=3.12" : "<3.12";
      if (chance(5)) release.usability = Usability::no_matching_wheel;
      release.yanked = with_yanked_ && chance(15);
      result.push_back(release);
    }
    std::shuffle(result.begin(), result.end(), random_);
    return result;
  }

  std::string need(bool in_metadata, bool with_extras = true) {
    static const std::vector<std::string> ranges = {"",        "",      ">=2",   "<2",    "==1.1", "!=1.0",
                                                    ">1.0,<3", "~=1.0", "==2.*", "==2.0", ">=1.1"};
    std::string text = name(below(packages_));
    if (with_extras && chance(25)) text += chance(60) ? "[x]" : "[x,y]";
    text += ranges[static_cast<std::size_t>(below(static_cast<int>(ranges.size())))];
    if (in_metadata && chance(25)) return text + (chance(70) ? "; extra == 'x'" : "; extra == 'y'");
    if (chance(10)) return text + (chance(50) ? "; sys_platform == 'win32'" : "; python_version >= '3.8'");
    return text;
  }

  std::mt19937 random_;
  bool with_yanked_;
  int packages_ = 0;
};

std::string describe(const World& world, const ResolveInput& input) {
  std::string text;
  for (const Requirement& each : input.requirements) text += "require " + each.canonical() + "\n";
  for (const Requirement& each : input.constraints) text += "constrain " + each.canonical() + "\n";
  for (const auto& [name, releases] : world.releases())
    for (const Release& release : releases) {
      text += name + " " + release.version + (release.yanked ? " yanked" : "") + ":";
      for (const std::string& need : release.needs) text += " " + need + " |";
      text += "\n";
    }
  return text;
}

struct Tally {
  int solved = 0;
  int failed = 0;
};

Tally compare(unsigned first, unsigned last, bool with_yanked) {
  Tally tally;
  for (unsigned seed = first; seed < last; ++seed) {
    Generator generator(seed, with_yanked);
    World world = generator.world();
    const ResolveInput input = generator.input();
    Oracle oracle(world, input);
    const auto answer = resolve(input, world);
    INFO("seed " << seed << "\n" << describe(world, input));
    if (const auto* conflict = std::get_if<Conflict>(&answer)) {
      ++tally.failed;
      CHECK_FALSE(conflict->explanation.empty());
      // With yanked versions the search may miss a solution in which a pin and a range share one: see
      // Eligibility.
      if (!with_yanked) CHECK_FALSE_MESSAGE(oracle.has_answer(), conflict->explanation);
      continue;
    }
    ++tally.solved;
    Oracle::Choice choice;
    std::map<std::string, std::set<std::string>> extras;
    for (const auto& [name, pin] : std::get<Resolution>(answer).pins) {
      extras[name] = pin.extras;
      for (const Release& release : world.releases().at(name))
        if (version(release.version) == pin.version) choice[name] = &release;
    }
    CHECK(oracle.is_consistent(choice, &extras));
  }
  return tally;
}

}  // namespace

TEST_CASE("an answer is found exactly if one exists, is consistent, and has no package that is not needed") {
  const unsigned worlds = is_long_run() ? 40000 : 1500;
  const Tally tally = compare(0, worlds, false);
  CHECK(tally.solved > static_cast<int>(worlds / 5));
  CHECK(tally.failed > static_cast<int>(worlds / 5));
}

TEST_CASE("a yanked version is in an answer only while a requirement pins it") {
  const unsigned worlds = is_long_run() ? 15000 : 1000;
  const Tally tally = compare(100000, 100000 + worlds, true);
  CHECK(tally.solved > static_cast<int>(worlds / 5));
}

TEST_CASE("the same inputs have the same answer") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::string first;
    for (int round = 0; round < 2; ++round) {
      Generator generator(seed, true);
      World world = generator.world();
      const ResolveInput input = generator.input();
      const std::string answer = ask(world, input);
      if (round == 0) first = answer;
      CHECK(answer == first);
    }
  }
}

}  // namespace pypackaging::test
