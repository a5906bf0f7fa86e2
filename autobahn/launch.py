"""Starts wstest under PyPy 2.7, where there is no OpenSSL binding.

wstest makes a TLS context even for `ws://`, and throws it away: a stand-in that
makes none is enough.
"""

import sys
import types

import twisted.internet


class ClientContextFactory(object):
    def __new__(cls):
        return None


ssl = types.ModuleType("twisted.internet.ssl")
ssl.ClientContextFactory = ClientContextFactory
sys.modules["twisted.internet.ssl"] = twisted.internet.ssl = ssl

from autobahntestsuite.wstest import run  # noqa: E402

run()
