#pragma once
#include <string>

#include "python/network/http.h"

namespace envstore {

bool is_success(const HttpResponse& response);    ///< 2xx
bool is_not_found(const HttpResponse& response);  ///< 404, 410

/// The Error that an answer means that is neither of them: Error{permission} for 401, else Error{network}.
[[noreturn]] void throw_for_status(const HttpResponse& response, const std::string& url);

}  // namespace envstore
