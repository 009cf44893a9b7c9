"""The filter: the system calls that no load test needs, refused by the kernel itself.

A filter is a program for the kernel's classic BPF machine: instructions of eight bytes that look at one system call
(see `man 2 seccomp`). This one lets everything through except what is named here, so that Python and Locust may change.
"""

import errno
import platform
import struct

# name: its number on x86_64 and on aarch64, None if there is no such call
DENIED = {
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    # large and young parts of the kernel
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "fanotify_init": (300, 262),
    "vmsplice": (278, 75),
    # other namespaces, other files
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "move_mount": (429, 429),
    "open_tree": (428, 428),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    # the machine
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "personality": (135, 92),
    "syslog": (103, 116),
    "vhangup": (153, 58),
    "lookup_dcookie": (212, 18),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    "mbind": (237, 235),
    "set_mempolicy": (238, 237),
    # memory that belongs to no process, so that the guard would not count it
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "io_setup": (206, 0),
}
# Calls with which processes on one machine can signal each other by files of the system that all of them can read.
DENIED_FAR = {
    "statfs": (137, 43),  # how full a disk is
    "fstatfs": (138, 44),
}
LOOKED_INTO = {
    "flock": (73, 32),
    "fcntl": (72, 25),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "clone": (56, 220),
    "clone3": (435, 435),
    "ioctl": (16, 29),
    "mmap": (9, 222),
    "setrlimit": (160, 164),
    "prlimit64": (302, 261),
    "setsockopt": (54, 208),
    "prctl": (157, 167),
}
YOUNGEST = 452  # the first call that nobody has assessed for this list; programs can do without calls that are unknown
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # the column above, the kernel's own name
X32 = 0x40000000  # x86_64 has a second set of numbers for the same calls

LOCAL, INTERNET, INTERNET_6, ROUTES = 1, 2, 10, 16  # address families
PLAIN_TCP_UDP = (0, 6, 17)  # protocols: others load modules of the kernel
NEW_NAMESPACES = 0x7E020000
LOCKING = (6, 7, 37, 38)  # commands of fcntl: F_SETLK, F_SETLKW, and both of an open file description
OF_ONE_PROCESS = (0, 1, 2, 3, 4, 8, 9, 1030, 1031, 1032)  # copies and flags of open files, owners, sizes of pipes
PUSH_INTO_TERMINAL = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
SHARED, ANONYMOUS, HUGE = 0x01, 0x20, 0x40000  # of mmap; what is shared stays when a process lets go of it, uncounted
LOCKS_WITHOUT_OWNER = (37, 38)  # of fcntl: the guard could not tell whose they are
CORE = 4  # RLIMIT_CORE
SET_DUMPABLE = 4  # PR_SET_DUMPABLE: with 0, an ordinary user's grader could not look into the process
SOCKET_ITSELF, BUFFERS = 1, (7, 8)  # SOL_SOCKET; SO_SNDBUF, SO_RCVBUF: some systems allow megabytes for each socket
ALL = 0xFFFFFFFF

Program = list[tuple[int, int, int, int]]  # code, jump if true, jump if false, value

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # offsets in the kernel's description of a call
ALLOW: Program = [(RETURN, 0, 0, 0x7FFF0000)]
KILL: Program = [(RETURN, 0, 0, 0x80000000)]
DONE: Program = [(RETURN, 0, 0, 0x00050000)]  # the error 0: the call does nothing, and reports success


def filter_bytes(machine: str = "", *, is_far: bool = False) -> bytes:
    """Return the filter for a machine such as x86_64 (this one), as bubblewrap wants it.

    `is_far` is for a cell that plays another machine. There, a process that locks a file always gets the lock, since on
    another machine no other process could hold it. The filter refuses questions about others' locks and leases, and
    file watches.

    Raises:
        LookupError: no filter is known for this kind of machine.
    """
    column, architecture = MACHINES[machine or platform.machine()]
    calls = {name: numbers[column] for name, numbers in LOOKED_INTO.items()}
    denied = {**DENIED, **(DENIED_FAR if is_far else {})}
    program = [
        *_load(ARCHITECTURE),
        *_unless(EQUAL, architecture, KILL),
        *_load(NUMBER),
        *(_if(AT_LEAST, X32, _refuse(errno.EPERM)) if machine != "aarch64" else ()),
        *_if(AT_LEAST, YOUNGEST, _refuse(errno.ENOSYS)),
        *(step for numbers in denied.values() for step in _if(EQUAL, numbers[column], _refuse(errno.EPERM))),
        *(_if(EQUAL, calls["flock"], DONE) + _if(EQUAL, calls["fcntl"], _own_files()) if is_far else []),
        # Without clone3, C libraries use clone, whose arguments a filter can check.
        *_if(EQUAL, calls["clone3"], _refuse(errno.ENOSYS)),
        *_if(
            EQUAL, calls["clone"], [*_load(_argument(0)), *_if(ANY_BIT, NEW_NAMESPACES, _refuse(errno.EPERM)), *ALLOW]
        ),
        *_if(EQUAL, calls["ioctl"], [*_load(_argument(1)), *_refuse_each(PUSH_INTO_TERMINAL), *ALLOW]),
        *_if(EQUAL, calls["mmap"], _memory()),
        *_if(EQUAL, calls["fcntl"], [*_load(_argument(1)), *_refuse_each(LOCKS_WITHOUT_OWNER), *ALLOW]),
        *_if(EQUAL, calls["prctl"], [*_load(_argument(0)), *_refuse_each((SET_DUMPABLE,)), *ALLOW]),
        *_if(EQUAL, calls["setrlimit"], [*_load(_argument(0)), *_refuse_each((CORE,)), *ALLOW]),
        *_if(EQUAL, calls["prlimit64"], _limits()),
        *_if(EQUAL, calls["setsockopt"], _options()),
        *_if(EQUAL, calls["socketpair"], [*_load(_argument(0)), *_allow_each([LOCAL]), *_refuse(errno.EAFNOSUPPORT)]),
        *_if(EQUAL, calls["socket"], _sockets()),
        *ALLOW,
    ]
    return b"".join(struct.pack("HBBI", *step) for step in program)


def _sockets() -> Program:
    """Allow local sockets, TCP and UDP, and queries for routes, which name look-ups make."""
    internet = [*_load(_argument(2)), *_allow_each(PLAIN_TCP_UDP), *_refuse(errno.EPROTONOSUPPORT)]
    routes = [*_load(_argument(2)), *_allow_each([0]), *_refuse(errno.EPROTONOSUPPORT)]
    return [
        *_load(_argument(0)),
        *_allow_each([LOCAL]),
        *_if(EQUAL, INTERNET, internet),
        *_if(EQUAL, INTERNET_6, internet),
        *_if(EQUAL, ROUTES, routes),
        *_refuse(errno.EAFNOSUPPORT),
    ]


def _own_files() -> Program:
    """Allow what a process does with its own open files, but no lock that others can see."""
    locks = [step for command in LOCKING for step in _if(EQUAL, command, DONE)]
    return [*_load(_argument(1)), *locks, *_allow_each(OF_ONE_PROCESS), *_refuse(errno.EPERM)]


def _memory() -> Program:
    """Refuse memory that is shared without a file, and memory from the few huge pages that a system reserves."""
    shared = _if(ANY_BIT, SHARED, _if(ANY_BIT, ANONYMOUS, _refuse(errno.EPERM)))
    return [*_load(_argument(3)), *shared, *_if(ANY_BIT, HUGE, _refuse(errno.ENOMEM)), *ALLOW]


def _options() -> Program:
    """Let a request for larger socket buffers succeed without effect, which every system is free to do."""
    ignored = [step for option in BUFFERS for step in _if(EQUAL, option, _refuse(0))]
    return [*_load(_argument(1)), *_if(EQUAL, SOCKET_ITSELF, [*_load(_argument(2)), *ignored, *ALLOW]), *ALLOW]


def _limits() -> Program:
    """Let a process read its limits and change all but that of core dumps, where 0 would call the system's handler."""
    change = [*_load(_argument(2)), *_if(ANY_BIT, ALL, _refuse(errno.EPERM))]
    change += [*_load(_argument(2) + 4), *_if(ANY_BIT, ALL, _refuse(errno.EPERM))]
    return [*_load(_argument(1)), *_if(EQUAL, CORE, [*change, *ALLOW]), *ALLOW]


def _argument(index: int) -> int:
    """Return the offset of an argument's lower half, which is all that the kernel reads of an int."""
    return ARGUMENTS + 8 * index


def _load(place: int) -> Program:
    return [(LOAD, 0, 0, place)]


def _if(test: int, value: int | None, then: Program) -> Program:
    return [] if value is None else [(test, 0, len(then), value), *then]


def _unless(test: int, value: int, then: Program) -> Program:
    return [(test, len(then), 0, value), *then]


def _refuse(error: int) -> Program:
    return [(RETURN, 0, 0, 0x00050000 | error)]


def _allow_each(values: "tuple[int, ...] | list[int]") -> Program:
    return [step for value in values for step in _if(EQUAL, value, ALLOW)]


def _refuse_each(values: tuple[int, ...]) -> Program:
    return [step for value in values for step in _if(EQUAL, value, _refuse(errno.EPERM))]
