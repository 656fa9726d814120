"""What every workload needs: arguments, failures, cancellation, machine facts, timing, progress, result, the process.

A workload is a folder beside this one. Its program puts the parent folder on Python's path and calls `process.run`.
"""
