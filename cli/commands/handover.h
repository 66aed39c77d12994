#pragma once
#include <optional>
#include <string>

namespace envstore {

/// After a first run's preparation the whole program, grown to a hundred megabytes, is not what should wait
/// for hours until the program that the user asked for ends. It becomes the small one again, with the same
/// words; that finds what was prepared as it would in any later run.
class Handover {
 public:
  /// Takes the mark that `become_small_program` left out of the environment, before anything reads that.
  static Handover take();
  /// This process has prepared its run already: flags that ask for it anew have had their effect.
  bool is_prepared() const { return is_prepared_; }
  /// The small program beside this one, or ../../bin from it; nullopt: not there, or this process has become
  /// this one from it already.
  std::optional<std::string> small_program() const;
  /// Puts the mark that was taken into the environment again, for the program that this one becomes.
  void give_back() const;

 private:
  bool is_prepared_ = false;
};

/// Does not return. Throws Error{io} when it cannot be started.
[[noreturn]] void become_small_program(const std::string& path);

}  // namespace envstore
