#pragma once
#include <optional>
#include <string>

namespace envstore {

/// After a cold run has been prepared, envstore-full (which has grown to about 100 MB) execs the small
/// `envstore` with the same arguments, so that the small process is the one that waits for the user's
/// program. It finds the prepared environment as any later run does. A variable of the environment
/// shows that it was started this way.
class Handover {
 public:
  /// Removes from the environment the marker that `become_small_program` sets. Call it before anything reads
  /// the environment.
  static Handover take();
  /// True if this run was prepared before the exec: --refresh, --upgrade and --compile-bytecode have taken
  /// effect.
  bool is_prepared() const { return is_prepared_; }
  /// The path of the small program, beside this one or in ../../bin; nullopt if it does not exist, or if this
  /// process was started from it with the marker already.
  std::optional<std::string> small_program() const;
  /// Sets the marker again if it was taken, for the program that this process execs.
  void give_back() const;

 private:
  bool is_prepared_ = false;
};

/// The program that the user calls: beside envstore-full in a build folder, in ../../bin where it is
/// installed.
std::optional<std::string> small_program_beside(const std::string& full_program);

/// Execs the small program with the arguments of this process. Throws Error{io} when it cannot be started.
[[noreturn]] void become_small_program(const std::string& path);

}  // namespace envstore
