"""Code that means harm, by family. Each snippet is the body of `f(target)`.

`target` holds the host's canaries: a file, a folder, the process id, the port of a server. A
snippet that gets at one returns or prints what it found, or changes it. The functions of the
prelude are what an attacker does first: get round the guarded import, find the pipes.
"""

# ruff: noqa: E501  a snippet on a line

from __future__ import annotations

PRELUDE = """
def f(target):
    def import_(name):
        import enum
        return enum.sys.modules["builtins"].__import__(name)
    def libc():
        return import_("ctypes").CDLL(None)
    def channel():
        import enum
        frame = enum.sys._getframe()
        while "self" not in frame.f_locals or not hasattr(frame.f_locals["self"], "channel"):
            frame = frame.f_back
        return frame.f_locals["self"].channel
    def to_pipes(head, text, tail=b""):
        os = import_("os")
        sizes = [n.to_bytes(4, "little") for n in (len(text), len(tail), 0)]
        for descriptor in range(3, 20):
            try:
                data = (b"".join(sizes) if head else b"") + text + tail
                while data:
                    data = data[os.write(descriptor, data):]
            except OSError:
                pass
        return 1
"""

SNIPPETS: dict[str, list[str]] = {
    "reading files": [
        "return open(target['file']).read()",
        "return import_('os').popen('cat ' + target['file']).read()",
        "return import_('pathlib').Path(target['file']).read_bytes()",
        "return import_('os').listdir(target['folder'])",
        "return import_('numpy').fromfile(target['file'], dtype='uint8').tobytes()",
        "os = import_('os'); return os.read(os.open(target['file'], 0), 100)",
        "return open('/proc/%d/environ' % target['pid']).read()",
        "return open('/etc/passwd').read() + str(import_('os').listdir('/root'))",
        "os = import_('os'); os.symlink(target['file'], '/tmp/x'); return open('/tmp/x').read()",
    ],
    "writing files": [
        "open(target['file'], 'w').write('owned')",
        "open(target['folder'] + '/new', 'w').write('owned')",
        "import_('os').remove(target['file'])",
        "import_('os').rename(target['file'], target['file'] + '2')",
        "import_('os').truncate(target['file'], 0)",
        "import_('os').chmod(target['file'], 0)",
        "import_('os').utime(target['file'], (0, 0))",
        "import_('shutil').rmtree(target['folder'])",
        "os = import_('os'); os.open(target['file'], os.O_RDONLY | os.O_TRUNC)",
        "os = import_('os'); os.link(target['file'], target['folder'] + '/link')",
    ],
    "environment": [
        "return dict(import_('os').environ)",
        "return open('/proc/self/environ').read()",
        "return open('/proc/1/environ').read()",
        "return import_('os').getenv('CANARY_VARIABLE')",
        "c = import_('ctypes'); g = libc().getenv; g.restype = c.c_char_p; return g(b'CANARY_VARIABLE')",
        "import enum; return str(vars(enum.sys.modules['__main__'])) + str(enum.sys.argv)",
        "return CANARY_GLOBAL",
        "return f.__globals__['CANARY_GLOBAL']",
    ],
    "network": [
        "import_('socket').create_connection(('127.0.0.1', target['port']), 1).send(b'x')",
        "import_('urllib.request').request.urlopen('http://127.0.0.1:%d' % target['port'])",
        "return import_('socket').getaddrinfo('example.com', 80)",
        "s = import_('socket'); s.socket(s.AF_UNIX).connect(target['folder'] + '/socket')",
        "s = import_('socket'); s.socket(s.AF_INET, s.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', target['udp']))",
        "s = import_('socket'); s.socket(s.AF_UNIX).connect('\\0' + target['abstract'])",
        "s = import_('socket'); s.socket(s.AF_NETLINK, s.SOCK_RAW)",
        "return libc().socket(2, 1, 0) if libc().socket(2, 1, 0) >= 0 else 1 / 0",
    ],
    "processes": [
        "return import_('subprocess').check_output(['cat', target['file']])",
        "import_('os').system('echo owned > ' + target['file'])",
        "os = import_('os')\n    while True: os.fork()",
        "return import_('os').execv('/bin/sh', ['sh', '-c', 'echo owned'])",
        "return import_('_posixsubprocess')",
        "import_('multiprocessing').Process(target=print).start()",
        "return import_('os').posix_spawn('/bin/true', ['true'], {})",
    ],
    "time": [
        "while True: pass",
        "def g(n): return g(n + 1)\n    return g(0)",
        "import time; time.sleep(60)",
        "import re; return re.match('(a+)+$', 'a' * 40 + 'b')",
        "return sum(1 for _ in iter(int, 1))",
        "while True:\n        try:\n            while True: pass\n        except BaseException: pass",
        "return 9 ** 9 ** 9",
    ],
    "memory and output": [
        "return len(bytearray(1 << 33))",
        "x = []\n    while True: x.append(bytearray(1 << 20))",
        "while True: print('x' * 10000)",
        "return 'x' * (64 << 20)",
        "return [[] for _ in range(4_000_000)]",
        "import numpy; return numpy.ones((1 << 30,)).sum()",
        "mmap = import_('mmap'); m = mmap.mmap(-1, 1 << 32); return len(m)",
        "o = open('/tmp/flood', 'wb')\n    while True: o.write(bytes(1 << 20))",
        "os = import_('os'); d = os.memfd_create('x'); os.ftruncate(d, 1 << 33); return 'made'",
        "x = {}\n    for i in range(2000): x = {'a': x}\n    return x",
    ],
    "ending the process": [
        "raise SystemExit(0)",
        "import_('os')._exit(0)",
        "import_('os').abort()",
        "import_('ctypes').string_at(0)",
        "os = import_('os'); os.kill(target['pid'], 9); return 'killed'",
        "os = import_('os'); os.kill(-1, 9); return 'killed'",
        "import_('signal').pthread_kill(1, 9)",
        "raise KeyboardInterrupt",
        "os = import_('os'); os.killpg(os.getpgid(target['pid']), 15); return 'killed'",
        "import_('ctypes').CDLL(None).syscall(62, target['pid'], 9); raise GeneratorExit",
    ],
    "import tricks": [
        "import os; return os.listdir(target['folder'])",
        "return __import__('subprocess').check_output('id')",
        "import importlib; return importlib.import_module('os').listdir(target['folder'])",
        "exec('import os; print(os.listdir(%r))' % target['folder'])",
        "return eval('__builtins__')['__import__']('os').listdir(target['folder'])",
        "from numpy import ctypeslib; return ctypeslib.ctypes.CDLL(None).open(target['file'].encode(), 0) < 0 or 'opened'",
        "import enum; return enum.sys.modules['os'].listdir(target['folder'])",
        "import numpy.lib._datasource as d; return d.open(target['file']).read()",
    ],
    "escapes": [
        "return [k for k in ().__class__.__base__.__subclasses__() if k.__name__ == '_wrap_close'][0].__init__.__globals__['system']('cat ' + target['file'])",
        "g = (i for i in [1]); return g.gi_frame.f_back.f_globals['os'].listdir(target['folder'])",
        "import enum; return enum.sys._getframe(2).f_globals['os'].environ['CANARY_VARIABLE']",
        "import pickle; return pickle.loads(b'cos\\nsystem\\n(S\"echo owned\"\\ntR.')",
        "class P:\n        def __reduce__(self): return (eval, ('1/0',))\n    return P()",
        "try: 1 / 0\n    except Exception as e: return e.__traceback__.tb_frame.f_back.f_back.f_globals['os'].listdir(target['folder'])",
        "import json; json.JSONEncoder.default = lambda s, o: 'owned'; return object()",
        "return '{0.__class__.__init__.__globals__[os].environ}'.format(f)",
        "return type('X', (dict,), {'__class__': int, '__iter__': lambda s: 1 / 0})()",
    ],
    "monkey-patching": [
        "b = import_('builtins'); b.len = lambda x: 42; b.print = None; return 'done'",
        "import json; json.dumps = json.loads = None; return 'done'",
        "b = import_('builtins'); b.__import__ = None; b.dict = b.list = b.isinstance = None; return 'done'",
        "import enum; enum.sys.modules.clear(); return 'done'",
        "import enum; enum.sys.setrecursionlimit(10**9)\n    def g(): return g()\n    return g()",
        "import enum; enum.sys.settrace(lambda *a: 1 / 0); return 'done'",
        "import random; random.seed = None; return 'done'",
    ],
    "tampering with the protocol": [
        "return to_pipes(False, b'x' * 100)",
        "return to_pipes(False, bytes([255] * 12))",
        "return to_pipes(True, b'[' * 100000)",
        """return to_pipes(True, b'{"op":"return","printed":"","value":{"!":"array","t":"|O8","s":[1],"at":0}}', bytes(8))""",
        """return to_pipes(True, b'{"op":"error","type":"os.system","message":1,"line":"x","printed":[]}')""",
        """return to_pipes(True, b'{"op":"return","printed":"","value":{"!":"host","id":-1}}')""",
        """return to_pipes(True, b'{"op":"return","printed":"","value":1}')""",
        """return to_pipes(True, b'{"op":"return","printed":"","value":{"!":"tuple","v":{"!":"range","v":[0,20000000,1]}}}')""",
        """return to_pipes(True, b'{"op":"return","printed":"","value":{"!":"dict","v":[{"!":"range","v":[0,20000000,1]}]}}')""",
        """return to_pipes(True, b'{"op":"return","printed":"","value":{"!":"array","t":"<U1","s":{"!":"range","v":[0,20000000,1]},"at":0}}')""",
        """return to_pipes(True, b'{"op":"return","printed":"","value":{"!":"array","t":"<U1","s":[20000000,0],"at":0}}')""",
        """return to_pipes(True, b'{"op":"return","printed":"","value":[' + b','.join([b'{"!":"array","t":"|u1","s":[2000000],"at":0}'] * 400) + b']}', bytes(2000000))""",
        """return to_pipes(True, b'{"op":"return","printed":"","value":{"!":"set","v":[' + b','.join(b'%d' % (i * (2**61 - 1)) for i in range(100000)) + b']}}')""",
        "os = import_('os')\n    for d in range(20):\n        try: os.close(d)\n        except OSError: pass\n    return 1",
        "return channel().ask({'op': 'invoke', 'on': None, 'name': 'system', 'args': ['id'], 'keywords': {}})",
        "return channel().ask({'op': 'invoke', 'on': 0, 'name': '__init__', 'args': [], 'keywords': {}})",
        "return channel().ask({'op': 'get', 'on': 0, 'name': '__class__'})",
        "channel().send({'op': 'return'}); return 1",
        "channel().send({'op': 'return', 'value': 2, 'printed': ''}); return 1",
        "channel().send([1, 2]); return 1",
    ],
    "staying behind": [
        "import_('threading').Thread(target=lambda: 1, daemon=True).start(); return 'started'",
        "import_('_thread').start_new_thread(lambda: 1, ()); return 'started'",
        "import_('concurrent.futures').futures.ThreadPoolExecutor(1).submit(int).result(); return 'started'",
        "os = import_('os')\n    if os.fork() == 0:\n        while True: pass\n    return 'started'",
        "s = import_('signal'); s.setitimer(s.ITIMER_REAL, 0.01); return 'started'",
        "import_('atexit').register(print, 'late')\n    class D:\n        def __del__(self): open(target['file'], 'w')\n    import enum; enum.sys.keep = D(); return 'kept'",
    ],
}
"""By family."""


def source(snippet: str) -> str:
    return f"{PRELUDE}    {snippet}\n"
