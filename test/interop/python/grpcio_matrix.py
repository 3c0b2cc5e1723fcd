"""The essential calls of the matrix on gRPC's C core (PyPI's grpcio): grpcio_matrix.py ORDER, where ORDER is JSON."""

import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "gen"))

import grpc
from acme.gauge.v1 import gauge_pb2 as gauge
from viam.proto.common import DoCommandRequest, DoCommandResponse
from viam.proto.rpc.auth import AuthenticateRequest, AuthenticateResponse, Credentials
from viam.utils import dict_to_struct, struct_to_dict

MIB = 1024 * 1024
OPTIONS = [("grpc.max_receive_message_length", 32 * MIB), ("grpc.max_send_message_length", 32 * MIB)]


def open_channel(order):
    address = order["address"]
    if order["transport"] == "tls":
        with open(order["ca"], "rb") as file:
            return grpc.secure_channel(address, grpc.ssl_channel_credentials(file.read()), OPTIONS)
    return grpc.insecure_channel(f"unix:{address}" if order["transport"] == "unix" else address, OPTIONS)


def token(channel, key):
    authenticate = channel.unary_unary(
        "/proto.rpc.v1.AuthService/Authenticate", AuthenticateRequest.SerializeToString, AuthenticateResponse.FromString
    )
    credentials = Credentials(type="api-key", payload=key["secret"])
    return authenticate(AuthenticateRequest(entity=key["id"], credentials=credentials), timeout=10).access_token


def outcome_of(call):
    try:
        call.result()
        return "OK"
    except grpc.FutureCancelledError:
        return "CANCELLED"
    except grpc.RpcError as error:
        return error.code().name


def essentials(channel, module, mark, big_bytes, always):
    do_command = channel.unary_unary(
        "/viam.component.sensor.v1.SensorService/DoCommand", DoCommandRequest.SerializeToString, DoCommandResponse.FromString
    )
    watch = channel.unary_stream(
        "/acme.gauge.v1.GaugeService/Watch", gauge.WatchRequest.SerializeToString, gauge.WatchResponse.FromString
    )

    def start(values, metadata=(), timeout=30):
        request = DoCommandRequest(name=f"{module}-thermo", command=dict_to_struct(values))
        return do_command.future(request, metadata=[*always, *metadata], timeout=timeout)

    def command(values, metadata=()):
        return struct_to_dict(start(values, metadata).result().result)

    def until(expected):
        while command({"sleeping": mark})["sleeping"] != expected:
            time.sleep(0.005)

    note = command({"metadata": "x-note"}, [("x-note", mark)])["metadata"]
    failure = start({"Grüße €": True}).exception()
    big = "0123456789abcdef" * (big_bytes // 16)
    echo = command({"echo": big})["echo"]
    deadline = outcome_of(start({"sleep": 60_000, "as": mark}, timeout=0.3))
    until(False)
    sleeping = start({"sleep": 60_000, "as": mark}, timeout=60)
    until(True)
    sleeping.cancel()
    cancel = outcome_of(sleeping)
    until(False)
    watched = list(watch(gauge.WatchRequest(name=f"{module}-dial", count=200), metadata=always, timeout=30))
    return {
        "metadata": note == mark,
        "error": "Grüße €" in failure.details(),
        "stream": [len(watched), watched[-1].index],
        "big": echo == big,
        "deadline": deadline,
        "cancel": cancel,
    }


def main(order):
    with open_channel(order) as channel:
        always = [("authorization", f"Bearer {token(channel, order['key'])}")] if "key" in order else []
        mark = f"ccore-{order['transport']}-"
        return {module: essentials(channel, module, mark + module, order["bigBytes"], always) for module in order["modules"]}


print(json.dumps(main(json.loads(sys.argv[1]))))
