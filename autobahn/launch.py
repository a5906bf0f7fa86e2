"""Starts wstest under PyPy 2.7, where there is no OpenSSL binding.

wstest makes a TLS context even for `ws://`, and throws it away: a stand-in that
makes none is enough. And it collects garbage after each case.
"""

import gc
import sys
import types

import twisted.internet


class ClientContextFactory(object):
    def __new__(cls):
        return None


ssl = types.ModuleType("twisted.internet.ssl")
ssl.ClientContextFactory = ClientContextFactory
sys.modules["twisted.internet.ssl"] = twisted.internet.ssl = ssl

from autobahntestsuite import fuzzing  # noqa: E402
from autobahntestsuite.wstest import run  # noqa: E402

connection_lost = fuzzing.FuzzingProtocol.connectionLost


def connection_lost_and_collected(self, reason):
    connection_lost(self, reason)
    # Left to itself PyPy collects too late: what the compression cases leave had
    # grown to 17 GB when the system killed it.
    gc.collect()


fuzzing.FuzzingProtocol.connectionLost = connection_lost_and_collected

run()
