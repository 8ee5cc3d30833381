# Needs lib/statistics_small.py: right-click the folder lib, "Upload to Board", then run this.
# The last line fails on purpose: its traceback in the terminal is a link to here.
from statistics_small import mean

print("mean of 1, 2, 6:", mean([1, 2, 6]))
print("mean of nothing:", mean([]))
