#pragma once
#include <string>
#include <string_view>

#include "python/index/page_builder.h"

namespace envstore {

/// Reads a page of the usual form: a few known elements, quoted attributes, anchors that contain only text,
/// the most common character references. False: the page does not have this form (it may still be valid) and
/// `builder` must be discarded. read_html_tree must give the same result for every accepted page; a
/// differential test checks this.
bool scan_simple_html(std::string_view body, const std::string& page_url, PageBuilder& builder);

/// Reads any page as browsers do (HTML5, gumbo). Throws Error{invalid_input} if the page exceeds the size,
/// time or memory limits.
void read_html_tree(std::string_view body, const std::string& page_url, PageBuilder& builder);

}  // namespace envstore
