"""The kinds of words that a command line may have, as argparse's `type` takes them."""

import argparse
import re


def run_time(text: str) -> str:
    """Accepts the run times that Locust accepts, except 0, which would end at once."""
    if not re.fullmatch(r"\d+|(?=\d)(\d+h)?(\d+m)?(\d+s)?", text) or not re.search(r"[1-9]", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a run time: write 20, 20s, 3m or 1h20m")
    return text


def user_count(text: str) -> int:
    """Accepts whole numbers from 1."""
    if not re.fullmatch(r"\d+", text) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of users: write a whole number from 1")
    return int(text)


def spawn_rate(text: str) -> float:
    """Accepts numbers above 0: users a second."""
    if not re.fullmatch(r"\d+(\.\d+)?|\.\d+", text) or float(text) <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a spawn rate: write a number above 0, such as 2 or 0.5")
    return float(text)


def job_count(text: str) -> int:
    """Accepts whole numbers from 1 to 64."""
    if not re.fullmatch(r"[1-9]\d?", text) or int(text) > 64:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of jobs: write a whole number from 1 to 64")
    return int(text)


def seed(text: str) -> int:
    """Accepts whole numbers from 0: the seeds that reports show."""
    if not re.fullmatch(r"\d{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a seed: write the number that a report shows")
    return int(text)
