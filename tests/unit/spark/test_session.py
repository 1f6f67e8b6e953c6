"""What py4j writes of its own when Java ends."""

import logging
import socket
import struct
import threading

import pytest
from py4j.java_gateway import GatewayParameters, JavaGateway
from py4j.protocol import Py4JError

from nightmarket import outage
from nightmarket.spark.session import silence_py4j


def _answer_with_a_reset(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    connection.recv(1024)
    # With no time to linger, closing sends a reset, as the kernel does for a process that was killed.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_a_reset_connection_is_one_sentence_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    silence_py4j()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        java = threading.Thread(target=_answer_with_a_reset, args=(listening,))
        java.start()
        gateway = JavaGateway(gateway_parameters=GatewayParameters(port=listening.getsockname()[1]))
        with pytest.raises(Py4JError) as failure:
            gateway.entry_point.count()
        java.join()
    assert str(outage.explained(failure.value)).startswith("Java, in which Spark runs, ended")
    assert caplog.records == []


def test_what_others_write_to_the_root_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    silence_py4j()
    logging.getLogger().warning("something of ours")
    assert [record.message for record in caplog.records] == ["something of ours"]
