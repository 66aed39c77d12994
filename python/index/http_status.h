#pragma once
#include <string>

#include "python/network/http.h"

namespace envstore {

bool is_success(const HttpResponse& response);    ///< 2xx
bool is_not_found(const HttpResponse& response);  ///< 404, 410

/// Throws the Error for a response that is not successful: Error{permission} for 401, Error{not_found} for
/// 404 and 410, else Error{network}.
[[noreturn]] void throw_for_status(const HttpResponse& response, const std::string& url);

}  // namespace envstore
