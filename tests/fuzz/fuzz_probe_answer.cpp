// The answer of a program that claims to be Python, and the facts that are stored of it.
#include "python/interpreter/interpreter.h"
#include "python/interpreter/probe_script.h"
#include "tests/fuzz/fuzz.h"

using namespace envstore;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  fuzz::may_refuse({ErrorKind::invalid_input}, [&] {
    const auto interpreter = Interpreter::from_probe(std::string(kProbeMark) + std::string(text));
    const std::string kept = interpreter.encode();
    fuzz::require(Interpreter::decode(kept).encode() == kept);
    fuzz::require(!interpreter.identity().empty());
  });
  fuzz::may_refuse({ErrorKind::damaged}, [&] { Interpreter::decode(text); });
  return 0;
}
