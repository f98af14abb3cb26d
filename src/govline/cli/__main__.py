"""`python -m govline.cli`."""

import sys

from govline.cli import main

sys.exit(main())
