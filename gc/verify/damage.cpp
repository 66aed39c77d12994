#include "gc/verify/verify.h"

namespace envstore {

const char* name_of(Damage damage) {
  switch (damage) {
    case Damage::changed_content:
      return "changed-content";
    case Damage::missing:
      return "missing";
    case Damage::wrong_mode:
      return "wrong-mode";
    case Damage::wrong_kind:
      return "wrong-kind";
    case Damage::extra:
      return "extra";
    case Damage::foreign_bytecode:
      return "foreign-bytecode";
    case Damage::damaged_manifest:
      return "damaged-manifest";
    case Damage::damaged_row:
      return "damaged-row";
  }
  return "unknown";
}

bool VerifyReport::is_clean() const {
  for (const DamageFound& damage : found)
    if (damage.outcome != DamageFound::Outcome::repaired) return false;
  return true;
}

}  // namespace envstore
