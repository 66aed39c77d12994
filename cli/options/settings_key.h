#pragma once
#include <string>

#include "cli/options/config.h"

namespace envstore {

/// The flags and variables of the settings that are in the run cache key, unparsed, and the paths of the
/// configuration files (RunWords::raw_settings). A warm run computes it, and parses no setting of it.
std::string raw_settings(const Arguments& arguments, const ConfigurationFiles& files,
                         SettingTable table = setting_table());

}  // namespace envstore
