"""Where `python <zip>` begins; in the zip this file is beside the package `configspec_agent`.

Python 2.7 must be able to read it: its user then reads the version, not a syntax error.
"""

import sys

if sys.version_info < (3, 8):
    sys.stderr.write("configspec's agent needs Python 3.8 or later; this is %s.%s.\n" % sys.version_info[:2])
    sys.exit(3)  # TOO_OLD_STATUS

from configspec_agent.main import main  # noqa: E402

sys.exit(main())
