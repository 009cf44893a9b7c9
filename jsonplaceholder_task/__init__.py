"""The take-home: a task for candidates, and the local API that it runs against."""
