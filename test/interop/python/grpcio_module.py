"""The suite's module without any SDK: the module protocol on gRPC's C core (PyPI's grpcio), which is what modules in C++ speak through.

It serves a thermo and a dial, as the modules made with SDKs do, and has no reflection and no connection to its parent.
"""

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "gen"))

import grpc
from acme.gauge.v1 import gauge_pb2 as gauge
from viam.proto import module as protocol
from viam.proto.common import DoCommandRequest, DoCommandResponse, GetReadingsRequest, GetReadingsResponse, ResourceName
from viam.proto.robot import ResourceRPCSubtype
from viam.utils import dict_to_struct, struct_to_dict

MIB = 1024 * 1024
OPTIONS = [("grpc.max_receive_message_length", 32 * MIB), ("grpc.max_send_message_length", 32 * MIB)]

offsets = {}
sleepers = set()


def add_resource(request, context):
    offsets[request.config.name] = struct_to_dict(request.config.attributes).get("offset", 0)
    return protocol.AddResourceResponse()


def reconfigure_resource(request, context):
    offsets[request.config.name] = struct_to_dict(request.config.attributes).get("offset", 0)
    return protocol.ReconfigureResourceResponse()


def remove_resource(request, context):
    offsets.pop(request.name.rsplit("/", 1)[1], None)
    return protocol.RemoveResourceResponse()


def handler(namespace, subtype, service, model):
    name = ResourceName(namespace=namespace, type="component", subtype=subtype)
    return protocol.HandlerDefinition(subtype=ResourceRPCSubtype(subtype=name, proto_service=service), models=[model])


def ready(request, context):
    handlers = [
        handler("rdk", "sensor", "viam.component.sensor.v1.SensorService", "acme:ccore:thermo"),
        handler("acme", "gauge", "acme.gauge.v1.GaugeService", "acme:ccore:dial"),
    ]
    return protocol.ReadyResponse(ready=True, handlermap=protocol.HandlerMap(handlers=handlers))


def celsius(name, context):
    if name not in offsets:
        context.abort(grpc.StatusCode.NOT_FOUND, f"no resource {name}")
    return 20 + offsets[name]


def get_readings(request, context):
    readings = dict_to_struct({"celsius": celsius(request.name, context)})
    return GetReadingsResponse(readings=readings.fields)


def sleep(milliseconds, mark, context):
    """Until the time is over or the caller is gone."""
    gone = threading.Event()
    sleepers.add(mark)
    context.add_callback(gone.set)
    gone.wait(milliseconds / 1000)
    sleepers.discard(mark)


def do_command(request, context):
    command = struct_to_dict(request.command)
    result = {}
    if "echo" in command:
        result = {"echo": command["echo"]}
    elif "metadata" in command:
        result = {"metadata": dict(context.invocation_metadata()).get(command["metadata"])}
    elif "sleep" in command:
        sleep(command["sleep"], command.get("as"), context)
    elif "sleeping" in command:
        result = {"sleeping": command["sleeping"] in sleepers}
    else:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"unknown command {', '.join(command)}")
    return DoCommandResponse(result=dict_to_struct(result))


def watch(request, context):
    base = celsius(request.name, context)
    for index in range(request.count):
        yield gauge.WatchResponse(index=index, value=base + index)


def unary(method, request, response):
    return grpc.unary_unary_rpc_method_handler(method, request.FromString, response.SerializeToString)


def service(name, methods):
    return grpc.method_handlers_generic_handler(name, methods)


def serve(address):
    # A command that sleeps holds a thread.
    server = grpc.server(ThreadPoolExecutor(32), options=OPTIONS)
    server.add_generic_rpc_handlers(
        [
            service(
                "viam.module.v1.ModuleService",
                {
                    "AddResource": unary(add_resource, protocol.AddResourceRequest, protocol.AddResourceResponse),
                    "ReconfigureResource": unary(
                        reconfigure_resource, protocol.ReconfigureResourceRequest, protocol.ReconfigureResourceResponse
                    ),
                    "RemoveResource": unary(remove_resource, protocol.RemoveResourceRequest, protocol.RemoveResourceResponse),
                    "ValidateConfig": unary(
                        lambda request, context: protocol.ValidateConfigResponse(),
                        protocol.ValidateConfigRequest,
                        protocol.ValidateConfigResponse,
                    ),
                    "Ready": unary(ready, protocol.ReadyRequest, protocol.ReadyResponse),
                },
            ),
            service(
                "viam.component.sensor.v1.SensorService",
                {
                    "GetReadings": unary(get_readings, GetReadingsRequest, GetReadingsResponse),
                    "DoCommand": unary(do_command, DoCommandRequest, DoCommandResponse),
                },
            ),
            service(
                "acme.gauge.v1.GaugeService",
                {
                    "Measure": unary(
                        lambda request, context: gauge.MeasureResponse(value=celsius(request.name, context), unit=request.unit),
                        gauge.MeasureRequest,
                        gauge.MeasureResponse,
                    ),
                    "Watch": grpc.unary_stream_rpc_method_handler(
                        watch, gauge.WatchRequest.FromString, gauge.WatchResponse.SerializeToString
                    ),
                },
            ),
        ]
    )
    server.add_insecure_port(f"unix:{address}" if address.startswith("/") else address)
    server.start()
    signal.signal(signal.SIGTERM, lambda *_: server.stop(1))
    server.wait_for_termination()


serve(sys.argv[1])
