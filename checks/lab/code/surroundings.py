"""The things that differ between a grading and real life, by the names under which code reaches them."""

import re

HOST, USERS, OPTIONS, CLOCK = "the host", "the number of users", "Locust's options", "the clock"
ENVIRONMENT, MACHINE, MODULES = "the environment", "the machine", "what the process has loaded"
MAKING = "how a function or a class is made"
PLACE, PROCESS, COMMAND = "the folder that it lies in", "its process", "the command line"

EVERYWHERE = {  # worth a note wherever it is read
    **dict.fromkeys(("os.environ", "os.environb", "os.getenv", "os.environ.get"), ENVIRONMENT),
    **dict.fromkeys(("os.uname", "os.cpu_count", "os.getloadavg", "os.sched_getaffinity", "os.getlogin"), MACHINE),
    **dict.fromkeys(("uuid.getnode", "getpass.getuser", "socket.gethostname", "os.statvfs", "os.times"), MACHINE),
    **dict.fromkeys(("sys.modules", "sys.flags", "sys.executable", "sys.prefix", "sys.meta_path"), MODULES),
    **dict.fromkeys(("sys.argv", "sys.orig_argv"), COMMAND),
    **dict.fromkeys(("gevent.getcurrent",), PROCESS),
}
LISTENERS = "_handlers"  # of Locust's events: the other listeners
INSPECTING = ("inspect.signature", "inspect.unwrap", "inspect.getsource", "inspect.getfile", "inspect.getmodule")
DECIDING = {"os.getpid": PROCESS, "os.getppid": PROCESS, "os.getuid": PROCESS, "os.getcwd": PLACE, "__file__": PLACE}
DECIDING |= {"pathlib.Path.cwd": PLACE, **dict.fromkeys(INSPECTING, MAKING)}
ATTRIBUTES = {
    **dict.fromkeys(("host", "base_url"), HOST),
    **dict.fromkeys(("user_count", "target_user_count", "user_greenlets", "target_user_classes_count"), USERS),
    **dict.fromkeys(("user_classes_count", "num_users", "spawn_rate"), USERS),
    **dict.fromkeys(("__name__", "__qualname__", "__module__", "__wrapped__", "__code__", "__signature__"), MAKING),
}
OWN_OPTIONS = {  # options of Locust's that the grader sets in its own way
    *("headless", "headful", "run_time", "autostart", "only_summary", "print_stats", "stop_timeout", "loglevel"),
    *("expect_workers", "expect_workers_max_wait", "master_bind_port", "master_port", "locustfile", "config"),
}
CLOCKS = {
    *(f"time.{name}" for name in ("time", "monotonic", "perf_counter", "process_time", "localtime", "gmtime")),
    *(f"time.{name}_ns" for name in ("time", "monotonic", "perf_counter")),
    *(f"datetime.datetime.{name}" for name in ("now", "utcnow", "today")),
    *("datetime.date.today", "timeit.default_timer", "time.strftime", "time.ctime"),
}
PURE = {  # their result depends only on their arguments
    *("str", "int", "float", "len", "bool", "hash", "abs", "round", "max", "min", "sum", "set", "list", "any", "repr"),
    *("urllib.parse.urlparse", "urllib.parse.urlsplit", "pathlib.Path", "pathlib.PurePath", "os.fspath"),
    *(f"os.path.{name}" for name in ("abspath", "basename", "dirname", "join", "realpath", "split")),
}
ELSEWHERE = ("exists", "is_file", "is_dir", "open", "read_text", "read_bytes", "glob", "iterdir", "get", "post")
ASKING = ("startswith", "endswith", "find", "rfind", "index", "count", "__contains__")
ROLES = ("--worker", "--master", "--processes")  # by which a file for several processes may tell which one it is
STARTS = ("on_start", "__init__", "setup")
ADDRESS = re.compile(r"127\.0\.0\.1|localhost|:50[05]0\b")
OF_THE_GRADER = re.compile(
    r"/proc/|/course\b|/lab/|(?<!\w)entry\.py|record\.jsonl|locust\.log|LAB_CELL|x-request-id", re.IGNORECASE
)
