#pragma once
#include <string>
#include <string_view>

#include "store/index/rows.h"

namespace envstore {

// Rows to bytes and back (docs/FORMAT.md). The first byte is the version of that kind of row.
// `decode_row<Row>` throws Error{damaged} for anything that `encode` does not write.

std::string encode(const BlobRow&);
std::string encode(const TreeRow&);
std::string encode(const WheelRow&);
std::string encode(const SnapshotRow&);
std::string encode(const RequestRow&);
std::string encode(const CachedRunRow&);
std::string encode(const InterpreterRow&);
std::string encode(const DocumentRow&);
std::string encode(const LeaseRow&);
std::string encode(const RootRow&);
std::string encode(const FateRow&);

template <class Row>
Row decode_row(std::string_view bytes);
/// A document's row with at most `body_size` bytes of its body.
DocumentRow decode_document_head(std::string_view bytes, std::size_t body_size);

}  // namespace envstore
