"""The configuration files of master and workers: whether Locust can read them, and whether they name this machine."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from checks.lab.locust.settings import Settings
from checks.lab.outcome import Failed

MASTER, WORKER = "master.conf", "worker.conf"
ANY_HOST = ("*", "0.0.0.0", "::")


def options(confs: Mapping[str, Settings], name: str) -> dict[str, Any]:
    """Return the options that Locust reads from a file.

    Raises:
        Failed: there is no such file, or Locust can't read it.
    """
    conf = confs[name]
    if "Unable to open config file" in conf.error:
        raise Failed(
            f"there is no {name}",
            f"{MASTER} and {WORKER} beside the locustfile",
            f"python3 workshop.py reset 04 brings a fresh one; its first line is {name.partition('.')[0]} = true",
        )
    if conf.error:
        advice = "the names are those of the command line without the dashes: locust --help lists them"
        if re.search(r"invalid (int|float) value", conf.error):
            advice = "write the number in digits alone, such as users = 5000"
        elif conf.error.endswith("and ends"):
            advice = "delete the line that asks for it: Locust runs no test then"
        elif re.search("byte|codec", conf.error):
            advice = "save it as UTF-8 without a byte order mark (BOM); editors offer that under Save as, Encoding"
        raise Failed(f"Locust can't read {name}: {conf.error}", "a line for each setting, such as users = 10", advice)
    return conf.options


def unknown(confs: Mapping[str, Settings], name: str) -> str:
    """Return the tail of a sentence that lists the settings that Locust does not know; empty if there are none."""
    names = confs[name].unknown
    return f" (and Locust does not know {', '.join(names)})" if names else ""


def require_one_machine(master: Mapping[str, Any], worker: Mapping[str, Any]) -> None:
    """Require that the worker calls its master on this machine, at the port where it listens."""
    if worker["master_port"] != master["master_bind_port"]:
        raise Failed(
            f"the worker calls at port {worker['master_port']}, the master listens on {master['master_bind_port']}",
            "the same port in both files",
            "leave both out for Locust's own, 5557, or give the same number as master-bind-port and as master-port",
        )
    listens, calls = master["master_bind_host"], worker["master_host"]
    if not _is_this_machine(calls) or not (listens in ANY_HOST or _is_this_machine(listens)):
        raise Failed(
            f"the worker calls at {calls}, the master listens on {listens}",
            "both on this machine, 127.0.0.1",
            "leave master-host and master-bind-host out, or give 127.0.0.1",
        )


def _is_this_machine(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback or address.is_unspecified
