"""The host: the address for which a user class is written."""


def why_another_host(host: str, expected: str) -> str:
    """Return what to do about a user class that has this host instead of the expected one."""
    if not host:
        return "write the line into the user class, beside tasks"
    if host.startswith(expected) or host.count("/") > 2:
        return "write scheme, address and port alone, without a path and without a slash at the end"
    return (
        "the pet shop of this stage listens at port 5000 of your own machine, by http; where yours has another port, "
        "say so to Locust alone: locust --host http://127.0.0.1:5001"
    )
