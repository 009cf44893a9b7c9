"""Which owner is whose; nothing of Locust in it."""


class Pool:
    def __init__(self, owners):
        self._users = {owner: [] for owner in owners}

    def take(self, worker, user):
        owner = min(self._users, key=lambda owner: len(self._users[owner]))
        self._users[owner].append((worker, user))
        return owner

    def release(self, worker, user):
        for users in self._users.values():
            if (worker, user) in users:
                users.remove((worker, user))

    def keep_only(self, workers):
        for users in self._users.values():
            users[:] = [holder for holder in users if holder[0] in workers]
