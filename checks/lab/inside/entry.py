"""What runs inside the Locust process of a submission: Locust itself, its think times recorded and divided.

A file of its own that imports nothing of the course, since a submission's cell holds nothing of the course:
`python entry.py RECORD FACTOR [Locust's own arguments]`. RECORD is a file that gets one JSON object on each line:
what the submission declares, each think time, the data files that it opens, requests that go astray, errors, and
Locust's own figures at the end. A master's record also has what its workers report, and which of them it misses.
A worker that joins late begins after its init event, and messages take a while to reach their master.
A line on standard input is a number of users for a master to go on with. The run ends politely when standard input
closes, so the swarm of a grader that dies ends with it.
"""

import contextlib
import difflib
import functools
import inspect
import json
import os
import re
import select
import sys
import time
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, TextIO

import gevent.event
import gevent.monkey
import gevent.os
import gevent.queue
import locust.clients
import locust.contrib.fasthttp
import locust.main
import locust.runners
import locust.user.task
import locust.user.wait_time
from locust import events
from locust.env import Environment
from locust.rpc import Message
from locust.runners import MasterRunner, Runner, WorkerRunner, locust_exception_handler
from locust.user.task import TaskSet

REPORT_INTERVAL = 1.0  # seconds instead of 3, so that no verdict has to wait for a worker's next report
LONGEST_SLEEP = 0.5  # seconds: the grader reports a think time of minutes, but does not wait for it
TRAVEL = 0.25  # seconds: on a busy machine the users of two workers start up to that far apart
LARGEST = 1e300
MOST_PLACES = 5
MOST_COUNTED = 10_000
MOST_WAITS_OF_NOTHING = 5_000  # users without think time wait for 0 s thousands of times
SUBMISSION = Path.cwd()
DATA = (".csv", ".json")
MISSING_NAME = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")


class Recorder:
    """The file in which this process tells the grader what it did."""

    def __init__(self, path: str) -> None:
        self._file: TextIO = Path(path).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 - stays open to the end
        self._places: set[tuple[str, str, int]] = set()
        self._counted = self._waits_of_nothing = 0
        self.note("began", time=time.monotonic())

    def note(self, kind: str, **facts: Any) -> None:
        """Add one line."""
        self._file.write(json.dumps({"kind": kind, **facts}, default=str) + "\n")

    def note_place(self, kind: str, place: tuple[str, int], **facts: Any) -> None:
        """Add one line about a place in the submission, the first time that it occurs."""
        if (kind, *place) not in self._places and len(self._places) < MOST_PLACES:
            self._places.add((kind, *place))
            self.note(kind, file=place[0], line=place[1], **facts)

    def note_counted(self, **facts: Any) -> None:
        """Add a line about a request as Locust counts it; only for the first ones, which are judged one by one."""
        self._counted += 1
        if self._counted <= MOST_COUNTED:
            self.note("counted", **facts)

    def note_wait(self, visitor: str, asked: float, actual: float) -> None:
        """Add a line about a think time; of those of 0 s, only the first ones of a run."""
        self._waits_of_nothing += asked <= 0
        if asked > 0 or self._waits_of_nothing <= MOST_WAITS_OF_NOTHING:
            self.note("wait", visitor=visitor, start=time.monotonic(), asked=asked, actual=actual)


def posing_as(original: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that gives a function the name, place and signature of the function that it replaces."""

    def pose(function: Callable[..., Any]) -> Callable[..., Any]:
        posing: Any = functools.wraps(original)(function)
        del posing.__wrapped__
        with contextlib.suppress(ValueError):  # a function written in C may have none
            posing.__signature__ = inspect.signature(original)
        return posing  # type: ignore[no-any-return]

    return pose


def compress_think_times(record: Recorder, factor: float) -> None:
    """Divide the times that Locust's wait functions ask for; all other sleeps stay as they are.

    Pacing (`constant_pacing`, `constant_throughput`) subtracts the time that its last wait took. So this puts each
    user's clock forward by the time that its waits have saved, and the wait functions return what they would in real
    time.
    """
    sleep, clock = TaskSet._sleep, time.perf_counter

    @posing_as(sleep)
    def compressed_sleep(self: TaskSet, seconds: float) -> None:
        if not is_plain_number(seconds):
            sleep(self, seconds)  # Locust deals with a value that is no duration, or whose comparisons may lie
            return
        asked = max(0, seconds)
        actual = min(asked / factor, LONGEST_SLEEP)
        greenlet, answer = gevent.getcurrent(), getattr(gevent.getcurrent(), "answer", 0)
        if asked or answer != getattr(greenlet, "waited_after", None):  # only the first wait of 0 s after an answer
            record.note_wait(_visitor(self.user), asked, actual)
        greenlet.waited_after = answer
        greenlet.seconds_saved = getattr(greenlet, "seconds_saved", 0.0) + asked - actual
        sleep(self, actual)

    @posing_as(clock)
    def users_clock() -> float:
        return clock() + getattr(gevent.getcurrent(), "seconds_saved", 0.0)

    TaskSet._sleep = compressed_sleep
    locust.user.task.perf_counter = locust.user.wait_time.perf_counter = users_clock


def _visitor(user: Any) -> str:
    """Return the visitor cookie that a user's client holds (HttpUser's or FastHttpUser's); empty if it has none."""
    client = getattr(user, "client", None)
    jar = getattr(client, "cookiejar", None) or getattr(client, "cookies", None) or ()
    try:
        return next((str(cookie.value) for cookie in jar if cookie.name == "visitor"), "")
    except (AttributeError, TypeError):
        return ""


def remember_verdicts(record: Recorder) -> None:
    """Keep, with each user's greenlet, the number of its latest answer and what the submission has said about it.

    It may say "with" (a with block was entered), "failure" and "success"; their order is kept. A submission may fire
    Locust's request event itself and leave the answer out; the number then tells which answer it was. A verdict after
    the end of the with block comes too late for Locust; the record has its place in the code.
    """

    def remembering(method: Callable[..., Any], word: str) -> Callable[..., Any]:
        @posing_as(method)
        def remembered(self: Any, *args: Any, **kwargs: Any) -> Any:
            greenlet = gevent.getcurrent()
            greenlet.said = [*getattr(greenlet, "said", ()), word]
            if getattr(self, "was_left", False):
                record.note_place("late", _innermost(_frames(sys._getframe())), error=f"{word}()")
            return method(self, *args, **kwargs)

        return remembered

    def leaving(method: Callable[..., Any]) -> Callable[..., Any]:
        @posing_as(method)
        def left(self: Any, *args: Any) -> Any:
            self.was_left = True
            return method(self, *args)

        return left

    for answer in (locust.clients.ResponseContextManager, locust.contrib.fasthttp.ResponseContextManager):
        for method, word in (("__enter__", "with"), ("failure", "failure"), ("success", "success")):
            setattr(answer, method, remembering(getattr(answer, method), word))
        answer.__exit__ = leaving(answer.__exit__)

    begin, send = HTTPResponse.begin, locust.contrib.fasthttp.FastHttpSession._send_request_safe_mode

    @posing_as(begin)
    def begin_remembered(self: HTTPResponse) -> None:
        begin(self)
        greenlet = gevent.getcurrent()
        greenlet.answer, greenlet.said = _request_id(self), []

    @posing_as(send)
    def send_remembered(self: Any, *args: Any, **kwargs: Any) -> Any:
        answer = send(self, *args, **kwargs)
        greenlet = gevent.getcurrent()
        greenlet.answer, greenlet.said = _request_id(answer), []
        return answer

    HTTPResponse.begin = begin_remembered
    locust.contrib.fasthttp.FastHttpSession._send_request_safe_mode = send_remembered


def watch(record: Recorder) -> None:
    """Note what the submission declares, its errors, requests to elsewhere, and Locust's figures at the end."""

    def on_init(environment: Environment, runner: Runner, **_: Any) -> None:
        record.note(
            "declared",
            shape=_name(environment.shape_class),
            users=_user_classes(environment),
            constants=_constants(),
            worker=getattr(runner, "client_id", ""),
            time=time.monotonic(),
            printed=os.fstat(1).st_size,
        )
        environment.reset_stats = False  # a fair option, but the grader compares the figures with the whole run
        gevent.spawn(_obey, record, runner)
        if isinstance(runner, MasterRunner):
            watch_workers(record, environment, runner)

        def on_request(
            response_time: float,
            name: str = "",
            response: Any = None,
            exception: BaseException | None = None,
            url: str | None = None,
            **_: Any,
        ) -> None:
            greenlet = gevent.getcurrent()
            number = getattr(greenlet, "answer", 0) if response is None else _request_id(response)
            address = exact(url)
            if address and not address.startswith(f"{exact(environment.host)}/"):
                record.note_place("stray", _innermost(_frames(sys._getframe())), url=address)
            elif number:
                record.note_counted(
                    request=number,
                    name=name,
                    milliseconds=response_time,
                    failure=None if exception is None else in_words(exception),
                    said=getattr(greenlet, "said", []),
                )
            elif exception is not None:
                cause = getattr(response, "error", None) or exception  # the submission's own verdict may hide it
                record.note_place("lost", _innermost(_frames(sys._getframe())), error=_described(cause))

        def on_error(exception: BaseException, tb: TracebackType, **_: Any) -> None:
            record.note_place("error", _innermost(_traced(tb)), error=_described(exception))

        def on_quit(exit_code: int, **_: Any) -> None:
            record.note("figures", exit_code=exit_code, **_figures(environment))

        environment.events.request.add_listener(on_request)
        environment.events.user_error.add_listener(on_error)
        environment.events.test_stopping.add_listener(lambda **_: record.note("stopping", time=time.monotonic()))
        environment.events.quit.add_listener(on_quit)

    events.init.add_listener(on_init)


def keep_spawning_after_init() -> None:
    """Make a worker that joins a running test begin after its init event, as it usually does.

    Locust 2.47 may begin the test while it is still making the runner: test_start then fires without a runner. No
    verdict should depend on that race.
    """
    handle, is_set_up = WorkerRunner.handle_message, gevent.event.Event()

    @posing_as(handle)
    def handle_after_init(self: WorkerRunner, msg: Message) -> None:
        if msg.type == "spawn":
            is_set_up.wait()
        handle(self, msg)

    WorkerRunner.handle_message = handle_after_init
    events.init.add_listener(lambda **_: is_set_up.set())


def let_messages_travel() -> None:
    """Make each message of a worker take TRAVEL seconds to its master, as between machines; none overtakes another.

    Users of all workers then wait for their answers at the same time. So if an answer goes to every worker instead of
    the one that asked, a waiting user takes it there, and the mistake shows, however quick the machine is.
    """
    handle = MasterRunner.handle_message

    @posing_as(handle)
    def handle_later(self: MasterRunner, client_id: str, msg: Message) -> None:
        if not self.custom_messages:
            handle(self, client_id, msg)
            return
        if not hasattr(self, "on_the_way"):
            self.on_the_way = gevent.queue.Queue()
            postman = self.greenlet.spawn(deliver, self)
            postman.link_exception(locust_exception_handler(self.environment))
        self.on_the_way.put((time.monotonic() + TRAVEL, client_id, msg))

    def deliver(master: MasterRunner) -> None:
        for due, client_id, msg in master.on_the_way:
            gevent.sleep(max(0.0, due - time.monotonic()))
            handle(master, client_id, msg)

    MasterRunner.handle_message = handle_later


def watch_files(record: Recorder) -> None:
    """Note each data file in the submission's folder that is opened, and the line that opens it."""

    def on_audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
            path = SUBMISSION / exact(os.fsdecode(arguments[0]))
            if path.suffix in DATA and path.is_relative_to(SUBMISSION):
                record.note_place("opened", _innermost(_frames(sys._getframe())), path=path.name)

    sys.addaudithook(on_audit)


def watch_workers(record: Recorder, environment: Environment, runner: MasterRunner) -> None:
    """Note what each worker's reports add to the master's figures, and each worker that the master misses."""

    def on_report(client_id: str, data: dict[str, Any], **_: Any) -> None:
        requests = sum(row["num_requests"] for row in data.get("stats", ()))
        record.note("report", worker=client_id, time=time.monotonic(), requests=requests)

    def note_losses() -> None:
        noted: set[str] = set()
        while True:
            for client in runner.clients.missing:
                if client.id not in noted:
                    noted.add(client.id)
                    record.note("loss", worker=client.id, time=time.monotonic())
            gevent.sleep(0.2)

    environment.events.worker_report.add_listener(on_report)
    gevent.spawn(note_losses)


def _user_classes(environment: Environment) -> list[dict[str, Any]]:
    return [
        {
            "name": user.__name__,
            "host": user.host,
            "fixed_count": user.fixed_count if is_plain_number(user.fixed_count) else 0,
        }
        for user in environment.user_classes
    ]


def _constants() -> dict[str, float]:
    """Return the numbers with names in capitals that the submission's modules hold."""
    own = [
        module
        for module in list(sys.modules.values())
        if Path(str(getattr(module, "__file__", None))).is_relative_to(SUBMISSION)
    ]
    return {
        name: value
        for module in own
        for name, value in vars(module).items()
        if exact(name).isupper() and is_plain_number(value)
    }


def _name(shape: object) -> str:
    """Return the name of a shape's class, never empty; an empty text if there is no shape."""
    return "" if shape is None else exact(type(shape).__name__) or "without a name"


def _request_id(response: Any) -> int:
    """Return the number that the target gave its answer; 0 if there is none."""
    headers = getattr(response, "headers", None) or {}
    number = exact(headers.get("X-Request-Id", ""))
    return int(number) if number.isdecimal() else 0


def _obey(record: Recorder, runner: Runner) -> None:
    """Run as many users as standard input says, as Locust's page would; quit when it closes."""

    def go_on_with(users: int) -> None:
        runner.start(users, runner.spawn_rate)

    while said := gevent.os.tp_read(0, 64):
        gevent.spawn(go_on_with, int(said.split()[-1]))
    record.note("told", time=time.monotonic())
    runner.quit()


def _is_forsaken() -> bool:
    """Tell whether the grader, at the other end of standard input, died before this process reads the submission.

    It matters only in exam mode, where nothing else would end this process, the first one in its process namespace.
    """
    if os.getpid() != 1:
        return False
    look = gevent.monkey.get_original("select", "poll")()
    look.register(0, select.POLLHUP)
    return any(event & select.POLLHUP for _, event in look.poll(0))


def _figures(environment: Environment) -> dict[str, Any]:
    stats = environment.stats
    return {
        "rows": [
            {"method": row.method, "name": row.name, "requests": row.num_requests, "failures": row.num_failures}
            for row in stats.entries.values()
        ],
        "failures": [
            {"method": error.method, "name": error.name, "message": in_words(error.error), "count": error.occurrences}
            for error in stats.errors.values()
        ],
    }


def _frames(frame: FrameType | None) -> Iterator[tuple[str, int]]:
    """Yield file and line of `frame` and its callers, the innermost last."""
    if frame:
        yield from _frames(frame.f_back)
        yield frame.f_code.co_filename, frame.f_lineno


def _traced(tb: TracebackType | None) -> Iterator[tuple[str, int]]:
    """Yield file and line of each frame of a traceback, the innermost last."""
    while tb:
        yield tb.tb_frame.f_code.co_filename, tb.tb_lineno
        tb = tb.tb_next


def _innermost(places: Iterator[tuple[str, int]]) -> tuple[str, int]:
    """Return the last of `places` that lies in the submission, or an empty name and 0."""
    own = [(Path(file).name, line) for file, line in places if Path(file).is_relative_to(SUBMISSION)]
    return own[-1] if own else ("", 0)


def is_plain_number(value: object) -> bool:
    """Tell whether a value is one of Python's own numbers: the submission's own classes may lie about their values.

    Such an object could be more than 0 here, and less when Locust sleeps. Infinite and huge numbers are out, too.
    """
    return type(value) in (int, float) and -LARGEST < value < LARGEST  # type: ignore[operator]


def exact(text: object) -> str:
    """Return a text as a plain str, whatever the submission's own subclass claims; "" if it is no text."""
    return str.__str__(text) if issubclass(type(text), str) else ""


def in_words(error: object) -> str:
    """Return what an error says, even if the submission's own error class fails to."""
    try:
        return exact(str(error))
    except Exception:  # noqa: BLE001 - whatever this one is, the original error is the one to report
        return "(an error without words)"


def _described(error: BaseException) -> str:
    said = in_words(error)
    missing = MISSING_NAME.match(said) if isinstance(error, ImportError) else None
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}"  # its own text would name the line, which the record has already
    if missing is None:
        return f"{type(error).__name__}: {said}"
    names = {name.lower(): name for name in dir(sys.modules.get(missing[2]))}  # wrong case is the commonest mistake
    similar = difflib.get_close_matches(missing[1].lower(), names, n=1)
    return f"{missing[2]} has no {missing[1]}" + "".join(f"; did you mean {names[name]}?" for name in similar)


def main() -> None:
    """Run Locust; if the submission keeps it from starting, note why."""
    if _is_forsaken():  # a grader that died while this process was starting could no longer end it
        return
    record = Recorder(sys.argv[1])
    compress_think_times(record, float(sys.argv[2]))
    remember_verdicts(record)
    locust.runners.WORKER_REPORT_INTERVAL = REPORT_INTERVAL
    watch(record)
    watch_files(record)
    keep_spawning_after_init()
    let_messages_travel()
    sys.argv[:] = ["locust", *sys.argv[3:]]
    try:
        locust.main.main()
    except BaseException as error:
        place = _innermost(_traced(error.__traceback__))
        if isinstance(error, SyntaxError) and error.filename and Path(error.filename).is_relative_to(SUBMISSION):
            place = Path(error.filename).name, error.lineno or 0
        if place[0] or not isinstance(error, SystemExit):
            missing = error.name if isinstance(error, ModuleNotFoundError) else None
            record.note("crash", file=place[0], line=place[1], error=_described(error), missing_module=missing)
        raise


if __name__ == "__main__":
    main()
