#include <gumbo.h>

#include <time.h>

#include <algorithm>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "python/index/html_readers.h"
#include "store/platform/error.h"

namespace envstore {
namespace {

// The parser's time can grow with the square of the nesting depth or of the attributes per tag: limit its
// input, memory and time.
constexpr std::size_t kMostTags = 400'000;
constexpr std::size_t kLargestPage = std::size_t{64} << 20;
constexpr std::size_t kMostMemory = std::size_t{1} << 30;
constexpr std::int64_t kMostTime = 2'000'000'000, kMostTimePerByte = 200;  // ns of this thread

/// Memory that is freed all at once. gumbo's own clean-up recurses once per level, so a deeply nested page
/// would overflow the stack; with an arena it is never called.
class Arena {
 public:
  std::size_t taken() const { return taken_; }
  void* take(std::size_t size) {
    constexpr std::size_t kAlignment = alignof(std::max_align_t);
    size = (size + kAlignment - 1) / kAlignment * kAlignment;
    if (size > left_) grow(std::max(size, kBlock));
    std::byte* result = next_;
    next_ += size;
    left_ -= size;
    taken_ += size;
    return result;
  }

 private:
  static constexpr std::size_t kBlock = 256 * 1024;
  void grow(std::size_t size) {
    blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(size));
    next_ = blocks_.back().get();
    left_ = size;
  }
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0, taken_ = 0;
};

std::int64_t thread_time_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// The allocator of the parser, which also stops it: the parser has no other way to be interrupted, and it
/// allocates wherever it spends time.
struct Parse {
  Arena arena;
  std::int64_t deadline_ns = 0;
  unsigned allocations = 0;
  std::jmp_buf stop;

  bool is_over_budget() {
    constexpr unsigned kInterval = 256;
    return arena.taken() > kMostMemory || (++allocations % kInterval == 0 && thread_time_ns() > deadline_ns);
  }
};

void* take_memory(void* parse_pointer, std::size_t size) {
  auto* const parse = static_cast<Parse*>(parse_pointer);
  // Safe: skips only frames of the parser, which is C and has no destructors.
  if (parse->is_over_budget()) std::longjmp(parse->stop, 1);
  return parse->arena.take(size);
}

/// nullptr: stopped because it exceeded a limit.
const GumboOutput* parse_within_budget(Parse& parse, std::string_view body) {
  GumboOptions options = kGumboDefaultOptions;
  options.userdata = &parse;
  options.allocator = take_memory;
  options.deallocator = [](void*, void*) {};
  options.max_errors = 0;
  if (setjmp(parse.stop) != 0) return nullptr;
  return gumbo_parse_with_options(&options, body.data(), body.size());
}

std::optional<std::string> attribute(const GumboElement& element, const char* name) {
  const GumboAttribute* found = gumbo_get_attribute(&element.attributes, name);
  if (found == nullptr) return std::nullopt;
  return std::string(found->value);
}

class TreeReader {
 public:
  TreeReader(const std::string& page_url, PageBuilder& builder) : page_url_(page_url), builder_(builder) {}

  /// Calls `visit` for every element in document order, without recursion.
  template <class Visit>
  static void walk(const GumboNode* root, const Visit& visit) {
    std::vector<const GumboNode*> open{root};
    while (!open.empty()) {
      const GumboNode* node = open.back();
      open.pop_back();
      // The content of a template is not part of the document.
      if (node->type != GUMBO_NODE_ELEMENT) continue;
      const GumboElement& element = node->v.element;
      visit(element);
      for (unsigned i = element.children.length; i > 0; --i)
        open.push_back(static_cast<const GumboNode*>(element.children.data[i - 1]));
    }
  }

  void read(const GumboNode* root) {
    walk(root, [&](const GumboElement& element) { prepare(element); });
    walk(root, [&](const GumboElement& element) {
      if (element.tag == GUMBO_TAG_A) anchor(element);
    });
  }

 private:
  void prepare(const GumboElement& element) {
    if (element.tag == GUMBO_TAG_BASE)
      if (const auto href = attribute(element, "href")) builder_.set_base(*href);
    if (element.tag != GUMBO_TAG_META) return;
    const auto name = attribute(element, "name"), content = attribute(element, "content");
    if (!content) return;
    if (name == "pypi:repository-version") check_repository_version(*content, page_url_);
    if (name == "pypi:project-status") builder_.set_status(*content);
    if (name == "pypi:project-status-reason") builder_.set_status_reason(*content);
  }

  void anchor(const GumboElement& element) {
    builder_.add(AnchorAttributes{attribute(element, "href"), attribute(element, "data-requires-python"),
                                  attribute(element, "data-yanked"), attribute(element, "data-core-metadata"),
                                  attribute(element, "data-dist-info-metadata")});
  }

  const std::string& page_url_;
  PageBuilder& builder_;
};

}  // namespace

void read_html_tree(std::string_view body, const std::string& page_url, PageBuilder& builder) {
  if (body.size() > kLargestPage ||
      static_cast<std::size_t>(std::count(body.begin(), body.end(), '<')) > kMostTags)
    throw Error(ErrorKind::invalid_input, "cannot read '" + without_credentials(page_url) +
                                              "': it is too large for a page of an index");
  Parse parse;
  parse.deadline_ns =
      thread_time_ns() + kMostTime + kMostTimePerByte * static_cast<std::int64_t>(body.size());
  const GumboOutput* output = parse_within_budget(parse, body);
  if (output == nullptr)
    throw Error(ErrorKind::invalid_input, "cannot read '" + without_credentials(page_url) +
                                              "': it takes too long to read for a page of an index");
  if (output->root == nullptr) return;
  TreeReader(page_url, builder).read(output->root);
}

}  // namespace envstore
