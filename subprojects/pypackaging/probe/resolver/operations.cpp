#include "../operation.h"
#include "pypackaging/resolver.h"
#include "resolve_operation.h"

namespace pypackaging::probe {

void add_resolver_operations(Operations& operations) {
  operations["resolve"] = resolve_operation;
}

}  // namespace pypackaging::probe
