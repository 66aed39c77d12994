#pragma once
#include <string>
#include <string_view>

#include "python/index/page_builder.h"

namespace envstore {

/// Reads a page of the usual shape: a few known elements, quoted attributes, anchors that hold text alone,
/// the commonest character references. False: the page does not fit the shape (nothing is wrong with it yet)
/// and `builder` is spoilt. Whatever it accepts, read_html_tree reads the same; a differential test holds
/// them to it.
bool scan_simple_html(std::string_view body, const std::string& page_url, PageBuilder& builder);

/// Reads any page the way browsers do (HTML5, gumbo). Throws Error{invalid_input} for one of absurd size.
void read_html_tree(std::string_view body, const std::string& page_url, PageBuilder& builder);

}  // namespace envstore
