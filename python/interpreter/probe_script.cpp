#include "python/interpreter/probe_script.h"

namespace envstore {

const std::string_view kProbeScript = R"PYTHON(
import sys
sys.path[:] = [entry for entry in sys.path if entry not in ('', '.')]
import json, os, platform, struct, sysconfig

def read_elf():
    """Class, machine, flags and interpreter of the running executable; None where it is no ELF file."""
    try:
        with open('/proc/self/exe', 'rb') as file:
            ident = file.read(16)
            if ident[:4] != b'\x7fELF':
                return None
            wide = ident[4:5] == b'\x02'
            order = '<' if ident[5:6] == b'\x01' else '>'
            header = struct.unpack(order + ('HHIQQQIHHHHHH' if wide else 'HHIIIIIHHHHHH'),
                                   file.read(48 if wide else 36))
            machine, table, flags, size, count = header[1], header[4], header[6], header[8], header[9]
            found = None
            for index in range(count):
                file.seek(table + index * size)
                if wide:
                    kind, _, offset, _, _, length = struct.unpack(order + 'IIQQQQ', file.read(40))
                else:
                    kind, offset, _, _, length = struct.unpack(order + 'IIIII', file.read(20))
                if kind == 3 and length < 4096:
                    file.seek(offset)
                    found = file.read(length).strip(b'\0').decode('utf-8', 'replace')
            return {'wide': wide, 'little': order == '<', 'machine': machine, 'flags': flags, 'interpreter': found}
    except Exception:
        return None

def two_numbers(text):
    try:
        major, minor = text.split('.')[:2]
        digits = ''
        for character in minor:
            if not character.isdigit():
                break
            digits += character
        return [int(major), int(digits)]
    except Exception:
        return None

def glibc_version():
    try:
        name, version = os.confstr('CS_GNU_LIBC_VERSION').rsplit(None, 1)
        return two_numbers(version) if name == 'glibc' else None
    except Exception:
        pass
    try:
        import ctypes
        ask = ctypes.CDLL(None).gnu_get_libc_version
        ask.restype = ctypes.c_char_p
        version = ask()
        return two_numbers(version if isinstance(version, str) else version.decode('ascii'))
    except Exception:
        return None

def musl_version(elf):
    if not elf or not elf['interpreter'] or 'musl' not in elf['interpreter']:
        return None
    try:
        import subprocess
        process = subprocess.Popen([elf['interpreter']], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for line in process.communicate()[1].decode('utf-8', 'replace').splitlines():
            if line.startswith('Version '):
                return two_numbers(line[len('Version '):].strip())
    except Exception:
        pass
    return None

def manylinux_opinions(glibc, machine):
    """What a _manylinux module says of each glibc version that could be offered (PEP 600)."""
    try:
        import _manylinux
    except Exception:
        return []
    older = {(2, 5): 'manylinux1_compatible', (2, 12): 'manylinux2010_compatible', (2, 17): 'manylinux2014_compatible'}
    opinions = []
    for minor in range(glibc[1] + 1 if glibc and glibc[0] == 2 else 0):
        answer = None
        try:
            if hasattr(_manylinux, 'manylinux_compatible'):
                answer = _manylinux.manylinux_compatible(2, minor, machine)
            elif (2, minor) in older:
                answer = getattr(_manylinux, older[(2, minor)], None)
        except Exception:
            pass
        if answer is not None:
            opinions.append([2, minor, bool(answer)])
    return opinions

def platform_name(elf):
    name = sysconfig.get_platform()
    if elf and not elf['wide']:
        name = {'linux-x86_64': 'linux-i686', 'linux-aarch64': 'linux-armv8l'}.get(name, name)
    return name

def has_hard_float(elf):
    if not elf or elf['wide'] or elf['machine'] != 40:
        return True
    return bool(elf['little'] and elf['flags'] & 0xff000000 == 0x05000000 and elf['flags'] & 0x400)

def full_version(info):
    text = '%d.%d.%d' % tuple(info[:3])
    return text if info[3] == 'final' else text + info[3][0] + str(info[4])

def site_path():
    schemes = sysconfig.get_scheme_names()
    for scheme in ('venv', 'posix_prefix'):
        if scheme in schemes:
            return sysconfig.get_path('purelib', scheme, vars={'base': '', 'platbase': ''}).lstrip('/')
    return ''

def wheel_folders():
    """ensurepip's own folder, and the one that a distribution names in its place."""
    library = sysconfig.get_path('stdlib')
    named = sysconfig.get_config_var('WHEEL_PKG_DIR')
    return [folder for folder in (library and os.path.join(library, 'ensurepip', '_bundled'), named) if folder]

def base_executable(base_prefix):
    found = getattr(sys, '_base_executable', None) or sys.executable
    if sys.prefix == base_prefix:
        return found
    names = ['%s%d.%d' % ((os.path.basename(found).rstrip('0123456789.t'),) + tuple(sys.version_info[:2])),
             'python%d.%d' % tuple(sys.version_info[:2]), 'python3', 'python']
    for candidate in [found] + [os.path.join(base_prefix, 'bin', name) for name in names]:
        if os.path.isfile(candidate) and not candidate.startswith(os.path.join(sys.prefix, '')):
            return candidate
    return os.path.realpath(found)

implementation = getattr(sys, 'implementation', None)
name = implementation.name if implementation else platform.python_implementation().lower()
elf = read_elf()
glibc = glibc_version() if sys.platform.startswith('linux') else None
base_prefix = getattr(sys, 'base_prefix', None) or getattr(sys, 'real_prefix', None) or sys.prefix
platform_text = platform_name(elf)
answer = {
    'version_info': list(sys.version_info),
    'version': platform.python_version(),
    'implementation': name,
    'executable': sys.executable,
    'base_executable': base_executable(base_prefix),
    'base_prefix': base_prefix,
    'cache_tag': (implementation.cache_tag if implementation else None) or '',
    'ext_suffix': sysconfig.get_config_var('EXT_SUFFIX') or sysconfig.get_config_var('SO') or '',
    'soabi': sysconfig.get_config_var('SOABI') or '',
    'free_threaded': bool(sysconfig.get_config_var('Py_GIL_DISABLED')),
    'debug': hasattr(sys, 'gettotalrefcount'),
    'platform': platform_text,
    'site_path': site_path(),
    'wheel_folders': wheel_folders(),
    'wide': struct.calcsize('P') == 8,
    'has_hard_float': has_hard_float(elf),
    'glibc': glibc,
    'musl': musl_version(elf),
    'manylinux': manylinux_opinions(glibc, platform_text.replace('-', '_').split('_', 1)[-1]),
    'markers': {
        'implementation_name': name,
        'implementation_version': full_version(implementation.version if implementation else sys.version_info),
        'os_name': os.name,
        'platform_machine': platform.machine(),
        'platform_python_implementation': platform.python_implementation(),
        'platform_release': platform.release(),
        'platform_system': platform.system(),
        'platform_version': platform.version(),
        'python_full_version': platform.python_version(),
        'python_version': '%d.%d' % tuple(sys.version_info[:2]),
        'sys_platform': sys.platform,
    },
}
sys.stdout.write('\nenvstore-probe-answer:' + json.dumps(answer) + '\n')
sys.stdout.flush()
)PYTHON";

}  // namespace envstore
