#pragma once

namespace envstore {

/// How the bytecode of an environment is compiled. After its start, the rows are made durable, then its
/// bytecode is compiled.
enum class BytecodeMode { background, foreground, never };

}  // namespace envstore
