"""The program that runs in the worker process. It imports nothing but the standard library.

The host imports `wire` of it, and nothing else.
"""
