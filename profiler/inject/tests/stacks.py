"""Takes stacks in every kind of Python frame and compares them with what Python itself says. Argument: the probe library."""
import asyncio, ctypes, functools, gc, os, sys, threading, traceback

probe = ctypes.CDLL(sys.argv[1])
TAKE = probe.rustg_probe_stack
TAKE.restype = ctypes.c_int64
SIZE = 1 << 20
local = threading.local()
PYTHON, NATIVE, ALL = 1, 2, 3
MAX_FRAMES = 256


def buffer():
    if not hasattr(local, "text"):
        local.text = ctypes.create_string_buffer(SIZE)
    return local.text


def expected():
    """The caller's stack as Python has it, innermost first: (function, file, line)."""
    frame, frames = sys._getframe(1), []
    while frame is not None:
        code = frame.f_code
        frames.append((getattr(code, "co_qualname", code.co_name), code.co_filename, frame.f_lineno or 0))
        frame = frame.f_back
    return frames


def summary():
    return [(f.name, f.filename, f.lineno) for f in reversed(traceback.extract_stack(sys._getframe(1)))]


def parse(text):
    return [tuple(line.split("\t")) for line in text.value.decode().split("\n") if line]


def python_frames(text):
    return [(f[1], f[2], int(f[3])) for f in parse(text) if f[0] == "python"]


checks = 0


def compare(what, text, want, also=None):
    global checks
    got = python_frames(text)
    if len(want) > MAX_FRAMES:
        assert got[-1] == ("[outer frames left out]", "", 0), (what, got[-1])
        got, want = got[:-1], want[:MAX_FRAMES]
        also = also and also[:MAX_FRAMES]
    assert got == want, "%s:\n got %s\nwant %s" % (what, got, want)
    if also is not None:
        short = [(name.rsplit(".", 1)[-1], file, line) for name, file, line in got]
        assert short == also, "%s against traceback:\n got %s\nwant %s" % (what, short, also)
    checks += 1


class here:
    """Namespace of the scenarios; `kinds` is what to take."""

    kinds = PYTHON

    @staticmethod
    def plain():
        t = buffer(); TAKE(here.kinds, t, SIZE); want = expected(); also = summary()
        compare("plain", t, want, also)

    @staticmethod
    def recursion(depth):
        if depth:
            return here.recursion(depth - 1)
        t = buffer(); TAKE(here.kinds, t, SIZE); want = expected(); also = summary()
        compare("recursion", t, want, also)

    @staticmethod
    def generator():
        def inner():
            t = buffer()
            TAKE(here.kinds, t, SIZE); want = expected(); also = summary()
            compare("generator", t, want, also)
            yield 1
            TAKE(here.kinds, t, SIZE); want = expected(); also = summary()
            compare("generator resumed", t, want, also)

        def outer():
            yield from inner()

        for _ in outer():
            pass
        list(outer())
        sum(x for x in outer())

    @staticmethod
    def coroutine():
        async def leaf():
            t = buffer()
            TAKE(here.kinds, t, SIZE); want = expected(); also = summary()
            compare("coroutine", t, want, also)
            await asyncio.sleep(0)
            TAKE(here.kinds, t, SIZE); want = expected(); also = summary()
            compare("coroutine resumed", t, want, also)

        async def numbers():
            for i in range(2):
                t = buffer()
                TAKE(here.kinds, t, SIZE); want = expected(); also = summary()
                compare("async generator", t, want, also)
                yield i

        async def trunk():
            await asyncio.gather(leaf(), leaf())
            async for _ in numbers():
                pass

        asyncio.run(trunk())

    @staticmethod
    def lambdas():
        t = buffer()
        f = lambda: (TAKE(here.kinds, t, SIZE), expected(), summary())
        _, want, also = f()
        compare("lambda", t, want, also)
        for _, want, also in [f() for _ in range(2)]:
            compare("lambda in a comprehension", t, want, also)

    @staticmethod
    def class_body():
        class Outer:
            class Inner:
                t = buffer(); TAKE(here.kinds, t, SIZE); want = expected(); also = summary()
                compare("class body", t, want, also)

    @staticmethod
    def constructors():
        class Base:
            def __init__(self, n):
                t = buffer()
                TAKE(here.kinds, t, SIZE); want = expected(); also = summary()
                compare("constructor", t, want, also)

        class Derived(Base):
            def __init__(self, n):
                super().__init__(n)

        # Often enough for the interpreter to specialise the call.
        for n in range(30):
            Derived(n)

    @staticmethod
    def dunder():
        class Odd:
            def __getattr__(self, name):
                t = buffer(); TAKE(here.kinds, t, SIZE); want = expected(); also = summary()
                compare("__getattr__", t, want, also)

            @property
            def value(self):
                t = buffer(); TAKE(here.kinds, t, SIZE); want = expected(); also = summary()
                compare("property", t, want, also)

            def __add__(self, other):
                t = buffer(); TAKE(here.kinds, t, SIZE); want = expected(); also = summary()
                compare("__add__", t, want, also)

            def __del__(self):
                t = buffer(); TAKE(here.kinds, t, SIZE); want = expected(); also = summary()
                compare("__del__", t, want, also)

        for _ in range(20):
            odd = Odd()
            odd.missing, odd.value, odd + 1
            del odd

    @staticmethod
    def callbacks():
        def compare_key(n):
            t = buffer(); TAKE(here.kinds, t, SIZE); want = expected(); also = summary()
            compare("callback from C", t, want, also)
            return -n

        sorted([3, 1, 2], key=compare_key)
        list(map(compare_key, [1, 2]))
        functools.reduce(lambda a, b: compare_key(b), [1, 2, 3])
        functools.partial(compare_key, 1)()
        callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(compare_key)
        callback(5)

    @staticmethod
    def decorated():
        def wrap(f):
            @functools.wraps(f)
            def wrapper(*args, **kwargs):
                return f(*args, **kwargs)
            return wrapper

        @wrap
        @functools.lru_cache(None)
        @wrap
        def work():
            t = buffer(); TAKE(here.kinds, t, SIZE); want = expected(); also = summary()
            compare("decorated", t, want, also)

        work()

    @staticmethod
    def exceptions():
        t = buffer()
        try:
            try:
                raise ValueError
            except ValueError:
                TAKE(here.kinds, t, SIZE); want = expected(); also = summary()
                compare("except", t, want, also)
                raise
            finally:
                TAKE(here.kinds, t, SIZE); want = expected(); also = summary()
                compare("finally", t, want, also)
        except ValueError:
            pass

    @staticmethod
    def executed():
        text = "t = buffer(); TAKE(here.kinds, t, SIZE); want = expected()\ncompare('exec', t, want)\n"
        names = dict(globals())
        # Code objects come and go at the same addresses.
        for n in range(300):
            source = "\n" * (n % 3) + text
            exec(compile(source, "<made %d>" % n, "exec"), names)
            if n % 50 == 0:
                gc.collect()
        for n in range(40):
            name = "f%d" % n
            exec("def %s():\n %s" % (name, text.replace("\n", "\n ")), names)
            names.pop(name)()

    @staticmethod
    def alphabets():
        names = dict(globals())
        for word in ["caf\u00e9", "\u03b1\u03b2\u03b3", "\u6771\u4eac", "\U00010400\U00010401", "e" * 300]:
            text = "def %s():\n t = buffer(); TAKE(here.kinds, t, SIZE); want = expected(); compare('alphabet', t, want)\n%s()" % (word, word)
            exec(compile(text, "/tmp/%s.py" % word, "exec"), names)

    @staticmethod
    def long_function():
        # Lines far apart, both ways, and code long enough for every form of line table entry.
        lines = ["def long_one():", " t = buffer(); x = 0"]
        for n in range(60):
            lines += [""] * (n * 7 % 300)
            lines.append(" TAKE(here.kinds, t, SIZE); want = expected(); compare('long', t, want)")
            lines.append(" x = (x +")
            lines += [""] * 40
            lines.append("   (TAKE(here.kinds, t, SIZE), compare('many lines', t, expected()))[0] * 0)" if n % 2 else "  1)")
        lines.append("long_one()")
        exec(compile("\n".join(lines), "<long>", "exec"), dict(globals()))

    @staticmethod
    def threads():
        failures = []

        def work():
            try:
                for _ in range(20):
                    t = buffer(); TAKE(here.kinds, t, SIZE); want = expected(); also = summary()
                    compare("thread", t, want, also)
                    here.recursion(5)
                    here.generator()
            except BaseException as e:
                failures.append(e)

        threads = [threading.Thread(target=work) for _ in range(4)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        if failures:
            raise failures[0]


def scenarios():
    here.plain()
    here.recursion(20)
    here.recursion(200)
    sys.setrecursionlimit(5000)
    here.recursion(1000)
    here.recursion(3)
    for work in [here.generator, here.coroutine, here.lambdas, here.class_body, here.constructors, here.dunder,
                 here.callbacks, here.decorated, here.exceptions, here.executed, here.alphabets, here.long_function,
                 here.threads]:
        for _ in range(3):
            work()


def refused_then_told():
    t = buffer()
    probe.rustg_probe_reset()
    results = []
    for refuse in [True, False]:
        probe.rustg_probe_refuse(refuse)
        results.append(TAKE(PYTHON, t, SIZE)); want = expected()
    probe.rustg_probe_refuse(False)
    assert results[0] == -1 and results[1] >= 0, results
    compare("told after a refusal", t, [(f[0], f[1], f[2] if i else python_frames(t)[0][2]) for i, f in enumerate(want)])


def remembered_equals_unwound():
    """What is found again is what unwinding gives, frame by frame, on many paths in turn."""
    t = buffer()

    def path(n):
        if n % 2:
            return sorted([n // 2], key=path) if n > 2 else take()
        return path(n // 2) if n > 2 else take()

    def take():
        TAKE(ALL, t, SIZE)
        seen.append(t.value)
        return 0

    rounds = []
    for _ in range(4):
        seen = []
        for n in range(1, 200):
            path(n)
        rounds.append(seen)
    assert rounds[0] == rounds[1] == rounds[2] == rounds[3]
    fresh = []
    for n in range(1, 200):
        seen = []
        probe.rustg_probe_reset()
        path(n)
        fresh += seen
    # The line of the calling loop differs between the two.
    strip = lambda text: [l for l in text.decode().split("\n") if "remembered_equals_unwound\t" not in l]
    assert [strip(a) for a in fresh] == [strip(b) for b in rounds[0]]
    assert len(set(fresh)) > 30, len(set(fresh))


def native_frames_stand_between():
    t = buffer()

    def called_by_c(n):
        TAKE(ALL, t, SIZE)
        return n

    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(called_by_c)
    callback(5)
    kinds = [(f[0], f[1]) for f in parse(t)]
    python = [i for i, f in enumerate(kinds) if f[0] == "python"]
    first, second = python[0], python[1]
    assert kinds[first][1].endswith("called_by_c"), kinds
    assert any("ctypes" in f[1] or "ffi" in f[1] for f in kinds[:first]), kinds
    assert any("ctypes" in f[1] or "ffi" in f[1] for f in kinds[first:second]), kinds
    assert kinds[-1][0] == "python", kinds
    assert not any("libpython" in f[1] for f in kinds), kinds


def forked_children_start_anew():
    """Children forked while other threads are taking stacks take theirs, told from the first one."""
    stop = []

    def work(n):
        while not stop:
            t = buffer()
            TAKE(ALL, t, SIZE)
            exec("TAKE(ALL, t, SIZE)", {"TAKE": TAKE, "ALL": ALL, "t": t, "SIZE": SIZE})

    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    [t.start() for t in threads]
    try:
        for _ in range(8):
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    probe.rustg_probe_reset()
                    t = buffer(); first = TAKE(ALL, t, SIZE); want = expected()
                    compare("after fork", t, want)
                    code = 0 if first >= 0 else 2
                finally:
                    os._exit(code)
            _, status = os.waitpid(child, 0)
            assert status == 0, status
    finally:
        stop.append(True)
        [t.join() for t in threads]


for here.kinds in [PYTHON, ALL]:
    scenarios()
refused_then_told()
remembered_equals_unwound()
native_frames_stand_between()
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
forked_children_start_anew()

MEASURE = probe.rustg_probe_nanoseconds
MEASURE.restype = ctypes.c_double


def nested(depth, kinds, evict):
    count = 500 if evict else 20000
    return nested(depth - 1, kinds, evict) if depth else MEASURE(kinds, count, ctypes.c_size_t(evict))


warm = tuple(nested(8, kinds, 0) for kinds in (PYTHON, NATIVE, ALL))
cold = tuple(nested(8, kinds, 1 << 18) for kinds in (PYTHON, NATIVE, ALL))
print("%d stacks right; ns for one of 10 frames: Python %.0f, native %.0f, both %.0f; out of the cache: %.0f, %.0f, %.0f"
      % ((checks,) + warm + cold))
