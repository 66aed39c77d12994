#include <iostream>
#include <new>

#include "operation.h"
#include "request.h"

namespace {

using pypackaging::probe::Json;
using pypackaging::probe::Operations;
using pypackaging::probe::Refused;

Json refusal(const std::string& reason) {
  return {{"ok", false}, {"error", reason}};
}

Json answer(const Operations& operations, const std::string& line) {
  try {
    Json request = pypackaging::probe::read_request(line);
    pypackaging::probe::check_shape(request);
    Json result = operations.at(request.at("op").get<std::string>())(request);
    if (!result.contains("ok")) result["ok"] = true;
    return result;
  } catch (const Refused& refused) {
    return refusal(refused.what());
  } catch (const Json::exception&) {
    return refusal("a field of the request has a value of the wrong type");
  } catch (const std::bad_alloc&) {
    return refusal("the request needs more memory than there is");
  } catch (const std::exception& error) {
    return refusal(error.what());
  }
}

}  // namespace

int main() {
  Operations operations;
  pypackaging::probe::add_standards_operations(operations);
  pypackaging::probe::add_formats_operations(operations);
  pypackaging::probe::add_resolver_operations(operations);
  std::ios::sync_with_stdio(false);
  for (std::string line; std::cout && std::getline(std::cin, line);)
    std::cout << answer(operations, line).dump(-1, ' ', false, Json::error_handler_t::replace) << '\n'
              << std::flush;
  return std::cout ? 0 : 1;
}
