"""Two copies of a model, trained side by side on the same batches: one with its loss as configured, one with it right.

Nothing here draws: `entry` says whether a pair can be raced, `twins` makes the copies, `course` trains them, `runner`
does so in a thread of its own.
"""
