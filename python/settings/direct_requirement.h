#pragma once
#include <string>

#include "pypackaging/requirement.h"

namespace envstore {

/// One requirement as a user writes it on the command line or in a requirements file, relative to
/// `directory`: PEP 508, or what pip and uv read besides: the path or address of a wheel, with extras and
/// marker (`./x.whl[extra] ; marker`), and a path behind `name @`. Throws Error{usage}.
pypackaging::Requirement parse_user_requirement(const std::string& text, const std::string& directory);

}  // namespace envstore
