#include "python/build/hook_script.h"

namespace envstore {

const std::string_view kHookScript = R"PYTHON(
import sys
sys.path[:] = [entry for entry in sys.path if entry not in ('', '.')]
import json, os, traceback
from importlib import import_module

request_path, result_path = sys.argv[1:3]
del sys.argv[1:]

class Failure(Exception):
    pass

def finish(**result):
    with open(result_path + '.part', 'w', encoding='ascii') as file:
        json.dump(result, file)
    os.replace(result_path + '.part', result_path)

def import_backend(name, folders):
    sys.path[:0] = folders
    module, _, attributes = name.partition(':')
    try:
        backend = import_module(module)
        check_origin(backend, folders)
        for attribute in attributes.split('.') if attributes else []:
            backend = getattr(backend, attribute)
    except (ImportError, AttributeError) as error:
        traceback.print_exc()
        raise Failure({'unavailable': '%s: %s' % (type(error).__name__, error)})
    return backend

def check_origin(module, folders):
    """PEP 517: with a backend-path, the backend comes from there."""
    if not folders:
        return
    origin = getattr(module, '__file__', None)
    places = [origin] if origin else list(getattr(module, '__path__', []))
    for place in map(os.path.realpath, places):
        if any(place.startswith(os.path.join(os.path.realpath(folder), '')) for folder in folders):
            return
    raise Failure({'outside': str(origin)})

def checked(value):
    if isinstance(value, (list, tuple)):
        if all(isinstance(item, str) for item in value):
            return [str(item) for item in value]
    elif isinstance(value, (str, os.PathLike)):
        return os.fsdecode(value)
    raise Failure({'odd': type(value).__name__})

def call():
    with open(request_path, encoding='utf-8') as file:
        request = json.load(file)
    backend = import_backend(request['backend'], request['backend_path'])
    hook = getattr(backend, request['hook'], None)
    if hook is None:
        return {'is_missing': True}
    return {'value': checked(hook(*request['arguments']))}

try:
    answer = call()
except Failure as failure:
    answer = failure.args[0]
except SystemExit as end:
    if isinstance(end.code, str):
        print(end.code, file=sys.stderr)
    answer = {'exited': 0 if end.code is None else end.code if isinstance(end.code, int) else 1}
except BaseException as error:
    frames = error.__traceback__
    while frames.tb_next and frames.tb_frame.f_globals is globals():  # of this script
        frames = frames.tb_next
    traceback.print_exception(type(error), error, frames)
    answer = {'raised': type(error).__name__}
finish(**answer)
sys.exit(0 if 'value' in answer or 'is_missing' in answer else 1)
)PYTHON";

}  // namespace envstore
