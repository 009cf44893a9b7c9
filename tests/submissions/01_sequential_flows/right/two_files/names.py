from random import randint


def fresh():
    return f"Pet {randint(1, 10000)}"
