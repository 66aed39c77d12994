#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The file of an LMDB environment (release 0.9, data version 1), read without trust. LMDB follows page
// numbers, offsets and lengths without checks, so a damaged page makes the program crash or loop forever.
// Therefore all reads go through these checked pages, and before LMDB writes, every page that it will read is
// checked here.

namespace envstore::index {

/// Thrown for a page whose content does not fit its position in the tree. The text names the page and the
/// reason.
class PageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One version of an environment. The pages that it reads must not change while it is used, so the caller
/// holds the index's lock. Not thread-safe.
class Pages {
 public:
  using Entry = std::pair<std::string_view, std::string_view>;
  using File = std::span<const std::byte>;
  enum class Tree { rows, free_pages };

  /// Reads the current version. Throws PageError when the file is not an LMDB environment. `largest_map`:
  /// limit of the map size in bytes; page numbers beyond it are damage.
  Pages(File file, std::size_t page_size, std::uint64_t largest_map);

  std::uint64_t transaction() const { return current_.transaction; }
  /// The file may be shorter: LMDB does not write pages that became free again before their commit.
  std::uint64_t last_page() const { return current_.last_page; }

  class Cursor;
  std::optional<std::string_view> get(std::string_view key);

  /// Checks every page that LMDB may look at to write or erase `key`: those on the path from the root, their
  /// neighbours on each level, and the leftmost pages below each of them.
  void check_around(std::string_view key);
  /// Checks the tree of free pages. From then on a row in a free page is damage: LMDB would
  /// overwrite a page that is still read.
  void check_free_pages();
  /// Checks every page, and that no page has two uses.
  void check_all();

  /// Every entry of the rows that can still be read, in no particular order where parts are damaged.
  void salvage(const std::function<void(std::string_view key, std::string_view value)>& visit);

 private:
  friend class Cursor;
  static constexpr std::uint64_t kNoPage = ~std::uint64_t{0};
  struct Root {
    std::uint64_t page = kNoPage;
    unsigned depth = 0;
  };
  struct Meta {
    std::uint64_t transaction = 0, last_page = 0;
    Root free_pages, rows;
  };
  struct Node {
    std::string_view key, value;  ///< value: of a leaf, if not in an overflow page
    std::uint64_t page = 0;       ///< of a branch: the child; of a leaf: the overflow page
    std::size_t size = 0;         ///< of the value
    bool is_big = false;
  };

  std::uint64_t check_meta(std::size_t number) const;
  Meta read_meta(std::size_t number) const;
  const Root& root(Tree tree) const { return tree == Tree::rows ? current_.rows : current_.free_pages; }
  const char* at(std::uint64_t page) const;
  std::size_t check(Tree tree, std::uint64_t page, unsigned height);
  std::size_t check_nodes(Tree tree, std::uint64_t page, bool is_leaf) const;
  Node node(std::uint64_t page, std::size_t index, bool is_leaf) const;
  std::size_t count(std::uint64_t page) const;
  void check_between(std::uint64_t parent, std::size_t index, std::size_t count, std::uint64_t child,
                     unsigned height) const;
  std::string_view big_value(const Node& node) const;
  std::string_view value_of(const Node& node) const { return node.is_big ? big_value(node) : node.value; }
  std::vector<std::uint64_t> free_list(const Node& node) const;
  void check_not_free(std::uint64_t page, std::uint64_t pages = 1) const;
  void check_leftmost(std::uint64_t page, unsigned height);
  void use(std::vector<bool>& used, std::uint64_t page, std::uint64_t pages = 1) const;
  void use_all(Tree tree, std::uint64_t page, unsigned height, std::vector<bool>& used);
  void salvage_below(std::uint64_t page, unsigned height, std::vector<bool>& seen,
                     const std::function<void(std::string_view, std::string_view)>& visit);

  File file_;
  std::size_t page_size_;
  std::uint64_t largest_page_;
  Meta current_;
  std::array<std::vector<bool>, 2> checked_;     ///< per tree, the pages that were found correct
  std::vector<bool> free_;                       ///< found by check_free_pages: no row may lie there
  std::string_view around_first_, around_last_;  ///< key range that check_around checked last
};

/// A position among the rows, or the free pages. The Pages must outlive it.
class Pages::Cursor {
 public:
  explicit Cursor(Pages& pages, Tree tree = Tree::rows) : pages_(pages), tree_(tree) {}
  std::optional<Entry> at_or_after(std::string_view key);
  std::optional<Entry> first();
  std::optional<Entry> last();
  std::optional<Entry> next();
  std::optional<Entry> previous();

 private:
  friend class Pages;
  struct Step {
    std::uint64_t page;
    std::size_t index, count;
  };
  static constexpr unsigned kDeepest = 32;  // LMDB's own limit

  bool descend(std::string_view key);
  void push(std::uint64_t page, bool to_end);
  void push_child(bool to_end);
  void fall(bool to_end);
  bool move(unsigned level, bool forwards);
  std::optional<Entry> step(bool forwards);
  Entry entry() const;

  Pages& pages_;
  Tree tree_;
  std::array<Step, kDeepest> path_;
  unsigned length_ = 0;
};

}  // namespace envstore::index
