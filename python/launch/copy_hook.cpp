#include "python/launch/copy_hook.h"

#include <string_view>

#include "store/platform/format.h"

namespace envstore {
namespace {

// Compiled at each start of Python: keep it short.
constexpr std::string_view kFinder = R"(
class EnvstoreCopies:
    def find_spec(name, path=None, target=None):
        if name == 'shutil':
            scope = {'store': store}
            exec(hook, scope)
            return scope['find'](EnvstoreCopies, name, path, target)
if 'shutil' in sys.modules:
    exec(hook, {'store': store})
else:
    sys.meta_path.insert(0, EnvstoreCopies)
)";

// Compiled when `shutil` is imported. The standard library's loader is not replaced, so that tools that
// inspect its type or source see no difference. A loader that is a class (frozen modules) is shared and not
// changed.
constexpr std::string_view kHook = R"(
import os, sys

def from_store(source):
    path = os.path.realpath(os.fsdecode(source))
    return path.startswith(os.path.realpath(store) + '/')

def make_writable(source, copy, follow):
    try:
        if not follow and os.path.islink(copy):
            return
        mode = os.stat(copy).st_mode
        if not mode & 0o200 and from_store(source):
            os.chmod(copy, mode & 0o7777 | 0o200)
    except (OSError, TypeError, ValueError):
        pass

def wrap(function):
    def copied(src, dst, *, follow_symlinks=True):
        function(src, dst, follow_symlinks=follow_symlinks)
        make_writable(src, dst, follow_symlinks)
    for name in ('__module__', '__name__', '__qualname__', '__doc__', '__kwdefaults__'):
        setattr(copied, name, getattr(function, name))
    copied.__wrapped__ = function
    return copied

def patch(shutil):
    for name in ('copymode', 'copystat'):
        function = getattr(shutil, name)
        if not hasattr(function, '__wrapped__'):
            setattr(shutil, name, wrap(function))

def find(finder, name, path, target):
    if finder in sys.meta_path:
        sys.meta_path.remove(finder)
    for other in sys.meta_path:
        spec = other.find_spec(name, path, target) if hasattr(other, 'find_spec') else None
        if spec is None:
            continue
        loader = spec.loader
        if loader is not None and not isinstance(loader, type) and hasattr(loader, 'exec_module'):
            execute = loader.exec_module
            def exec_module(module):
                del loader.exec_module
                execute(module)
                patch(module)
            try:
                loader.exec_module = exec_module
            except AttributeError:
                pass
        return spec

if 'shutil' in sys.modules:
    patch(sys.modules['shutil'])
)";

/// A Python literal; the text has neither backslashes nor double quotes.
std::string literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  out += '"';
  return out;
}

}  // namespace

std::string copy_hook_line(const std::string& store) {
  // site.py reads the files of a virtual environment twice.
  return format_text(
      "import os, sys; any(getattr(f, '__name__', '') == 'EnvstoreCopies' for f in sys.meta_path) or "
      "exec({}, {{'sys': sys, 'store': {}, 'hook': {}}})\n",
      literal(kFinder), store, literal(kHook));
}

}  // namespace envstore
