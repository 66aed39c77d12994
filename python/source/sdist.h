#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "pypackaging/metadata.h"

namespace envstore {

struct UnpackLimits {
  std::uint64_t bytes = std::uint64_t{4} << 30;  ///< of all files together
  std::size_t members = 200'000;
};

/// Whether the name of a file ends like that of a source archive that unpack_sdist reads: .tar.gz, .tgz,
/// .tar.bz2, .tbz, .tar.xz, .txz, .zip, in any case.
bool is_source_archive(std::string_view filename);

/// Unpacks a source distribution (packaging.python.org "Source distribution format") into the empty directory
/// `directory`, by the rules for the "data" filter of PEP 721. `filename` decides the kind of archive, and is
/// named in messages. Refused: a name with `..`, a link to outside of the archive's top folder, devices and
/// FIFOs, two top folders, a file in place of a folder, more bytes or members than `limits`. Dropped: slashes
/// at the start of a name, owners, setuid, setgid, sticky and group's and others' write bits; the owner can
/// read and write everything. No link is followed when writing. Returns the name of the top folder. Throws
/// Error{invalid_input}, which names the archive and the member; what was unpacked is left to the caller.
std::string unpack_sdist(std::span<const std::byte> archive, const std::string& filename, int directory,
                         const UnpackLimits& limits = {});

/// PKG-INFO of the archive's top folder, without unpacking the rest. nullopt: the archive has none. Throws as
/// unpack_sdist.
std::optional<std::string> read_pkg_info(std::span<const std::byte> archive, const std::string& filename);

/// PEP 643: whether every wheel of the source distribution with this PKG-INFO has the fields that a resolver
/// needs as they are here: Metadata-Version is 2.2 or newer, Dynamic names none of Version, Requires-Dist,
/// Requires-Python and Provides-Extra, and nothing is malformed.
bool is_static(const pypackaging::CoreMetadata& metadata);

}  // namespace envstore
