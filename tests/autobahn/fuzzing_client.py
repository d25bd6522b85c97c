"""Autobahn's wstest with another count of messages in the cases 12 and 13: python2.7 fuzzing_client.py COUNT OPTION...

The count is no option of the suite's.
"""

import sys

from autobahntestsuite import case, wstest

for each in case.Case12_X_X + case.Case13_X_X:
    each.COUNT = int(sys.argv[1])
del sys.argv[1]
wstest.run()
