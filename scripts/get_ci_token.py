#!/usr/bin/env python3
"""Prints the ID token of the CI user: `radix auth token --source cognito`, under its earlier name.

Takes the same options and the same environment. See docs/AUTH_CI_LOGIN.md.
"""

import os
import sys

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
radix = os.path.join(root, "radix")
os.execv(radix, [radix, "auth", "token", "--source", "cognito", *sys.argv[1:]])
