"""The desks: each process has one where its users get their ids, and the master has one that gives them out."""

import logging
import sys
from time import monotonic

import gevent
from gevent.event import AsyncResult, Event
from locust.runners import STATE_INIT, STATE_MISSING, STATE_RUNNING, MasterRunner

ASK, ANSWER = "ids_asked_for", "ids_given_out"
BEAT_S = 1  # a worker asks when it needs something, and at least this often
LEASE_S = 3  # so long a worker's ids are its own after it asked; Locust takes longer to miss a worker
SAY_S = 5  # so long the master may be silent until its workers say so
START_LIMIT_S = 300  # so long a worker waits for the master to start; Locust itself gives up after 305 s
LIMIT_S = 50  # so long it waits for a master that it has lost; Locust itself gives up after 60 s


class MasterDesk:
    """Answers the workers' questions. It never waits, and never speaks first."""

    def __init__(self, runner, roster):
        self.runner, self.roster = runner, roster
        self.answers = {}  # worker: the last answer, to be said again if the worker asks again
        self.heard = {}  # worker: when it asked last
        # Workers of a master that ended have to be heard first: until then nobody knows which ids are free.
        self.opens = monotonic() + (LEASE_S if isinstance(runner, MasterRunner) else 0)
        runner.register_message(ASK, self.on_ask)

    def on_ask(self, msg, **_):
        self.lose_the_lost()
        worker, ask = msg.node_id, msg.data
        state = self.state_of(worker)
        if state == STATE_MISSING:
            return  # it is back, but Locust has yet to notice; it will ask again
        self.heard[worker] = monotonic()
        if state is None or (worker not in self.roster.held and ask["holds"] is None):
            answer = {"number": ask["number"], "known": False, "connected": state is not None}
        else:
            answer = self.answers.get(worker)
            if not answer or answer["number"] != ask["number"]:
                answer = self.answers[worker] = self.answer(worker, ask)
        self.runner.send_message(ANSWER, {**answer, "asked_at": ask["asked_at"]}, client_id=worker)

    def answer(self, worker, ask):
        is_open = monotonic() > self.opens
        # While there are ids for all users, nobody shares: the one who has to move out is still on the way.
        sharing = self.runner.target_user_count > len(self.roster.holders)
        if ask["holds"] is None:
            self.roster.give_back(worker, ask["gives_back"])
            lost = []
        else:
            if worker in self.roster.held:
                self.roster.lose(worker)
            lost = self.roster.sign_in(worker, ask["holds"], sharing, trusted=ask["shares"] and not is_open)
            if lost and self.runner.state == STATE_RUNNING:
                # It was missing, and others run its users by now: share them out again. Locust 2.47 may forget to.
                gevent.spawn(self.runner.start, self.runner.target_user_count, self.runner.spawn_rate)
        ids = self.roster.take(worker, ask["wants"] + len(lost), sharing) if is_open else []
        return {"number": ask["number"], "known": True, "lost": lost, "ids": ids, "sharing": sharing}

    def lose_the_lost(self):
        for worker in list(self.roster.held):
            # Users may go on for a moment when Locust has lost their worker already; after LEASE_S they wait.
            if self.state_of(worker) in (None, STATE_MISSING) and monotonic() - self.heard[worker] > LEASE_S:
                self.answers.pop(worker, None)
                if count := self.roster.lose(worker):
                    logging.info(f"{worker} is gone: {count} of its users give their id back")

    def state_of(self, worker):
        """Return what Locust says of a worker, None if it is not connected."""
        if not isinstance(self.runner, MasterRunner):
            return STATE_INIT  # one process is its own worker
        node = self.runner.clients.get(worker)
        return node.state if node else None


class WorkerDesk:
    """Gives each user an id of its own. It asks the master for as many as users wait, one question at a time."""

    def __init__(self):
        self.ids = {}  # user: its id
        self.waiting = {}  # users without one, in the order in which they came
        self.gives_back = []
        self.number = 0  # of the question that is under way
        self.is_known = False  # the master knows what this worker holds
        self.shares = False  # its ids may have other users, too
        self.asked_at = self.answered_at = 0  # when the last question with an answer was asked, when it was answered
        self.is_alone = False  # the master is silent, and this worker has said so
        self.wanted, self.answered, self.news = Event(), Event(), Event()
        self.runner = AsyncResult()
        self.greenlet = gevent.spawn(self.keep_asking)

    def open(self, runner):
        if not isinstance(runner, MasterRunner):
            runner.register_message(ANSWER, self.on_answer)
        self.answered_at = monotonic()
        self.runner.set(runner)
        # A worker that has said good-bye to the master must not ask it to be let in again.
        runner.environment.events.quitting.add_listener(lambda **_: self.greenlet.kill())

    def id_of(self, user):
        """Return the user's id; wait until there is one, and while it is not certain that it is still the user's."""
        while user not in self.ids or monotonic() - self.asked_at > LEASE_S:
            if user not in self.ids and user not in self.waiting:
                self.waiting[user] = True
                self.wanted.set()
            self.news.wait()
        return self.ids[user]

    def leave(self, user):
        """Give the user's id back."""
        self.waiting.pop(user, None)
        if user in self.ids:
            self.gives_back.append(self.ids.pop(user))
            self.wanted.set()

    def keep_asking(self):
        runner = self.wait_for_the_runner()
        if isinstance(runner, MasterRunner):
            return
        while True:
            question = self.next_question()
            self.answered.clear()
            while not self.answered.is_set():
                runner.send_message(ASK, {**question, "asked_at": monotonic()})
                self.answered.wait(BEAT_S)
                self.mind_the_silence(runner)
            self.wanted.wait(BEAT_S)
            self.wanted.clear()

    def wait_for_the_runner(self):
        """Return Locust's runner. A worker has none before its master is there."""
        runner = self.runner.wait(SAY_S)
        if not runner:
            logging.warning(f"no master answers: this worker waits for it, up to {START_LIMIT_S} s")
            runner = self.runner.wait(START_LIMIT_S - SAY_S)
        return runner or sys.exit(f"no master has answered for {START_LIMIT_S} s: this worker ends")

    def mind_the_silence(self, runner):
        silence = monotonic() - self.answered_at
        if silence > LIMIT_S:
            logging.error(f"the master has not answered for {LIMIT_S} s: this worker ends")
            runner.environment.process_exit_code = 1
            runner.quit()
        elif silence > SAY_S and not self.is_alone:
            logging.warning(f"the master does not answer: users wait for it, this worker ends after {LIMIT_S} s")
        elif self.is_alone and silence < SAY_S:
            logging.info("the master answers again")
        self.is_alone = silence > SAY_S

    def next_question(self):
        self.number += 1
        given_back, self.gives_back = self.gives_back, []
        return {
            "number": self.number,
            "wants": len(self.waiting),
            "gives_back": given_back,
            "holds": None if self.is_known else list(self.ids.values()),
            "shares": self.shares,
        }

    def on_answer(self, environment, msg):
        answer = msg.data
        if answer["number"] != self.number or self.answered.is_set():
            return  # the second answer to a question that was asked twice
        self.is_known = answer["known"]
        self.answered_at = monotonic()
        if answer["known"]:
            self.asked_at, self.shares = answer["asked_at"], self.shares or answer["sharing"]
            self.hand_out(answer["lost"], answer["ids"])
        else:
            self.asked_at = 0
            self.wanted.set()
            if not answer["connected"]:
                self.rejoin(environment.runner)
        self.answered.set()

    def hand_out(self, lost, ids):
        for id_ in lost:
            self.take_away(id_)
        users = list(self.waiting)[: len(ids)]
        for user, id_ in zip(users, ids, strict=False):
            del self.waiting[user]
            self.ids[user] = id_
        if len(ids) > len(users):  # the others were for users who have stopped meanwhile
            self.gives_back += ids[len(users) :]
            self.wanted.set()
        news, self.news = self.news, Event()
        news.set()

    def take_away(self, id_):
        """Let the user of an id that others have by now be the first to get another one."""
        for user, own in self.ids.items():
            if own == id_:
                del self.ids[user]
                self.waiting = {user: True, **self.waiting}
                return
        self.gives_back.remove(id_)  # its user has stopped meanwhile

    def rejoin(self, runner):
        """Report to a master that has been restarted. The users go on until it says how many it wants."""
        runner.worker_state = STATE_INIT
        runner.connect_to_master()
