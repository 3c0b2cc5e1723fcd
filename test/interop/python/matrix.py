"""The essential calls of the matrix with the official Python client (grpclib): matrix.py ORDER, where ORDER is JSON."""

import asyncio
import json
import sys

from gauge import Gauge
from grpclib import GRPCError
from viam.components.sensor import Sensor
from viam.proto.common import DoCommandRequest
from viam.robot.client import RobotClient
from viam.rpc.dial import Credentials, DialOptions
from viam.utils import dict_to_struct, struct_to_dict


def connect(order):
    options = DialOptions(disable_webrtc=True, insecure=order["transport"] != "tls")
    if "key" in order:
        options.credentials = Credentials("api-key", order["key"]["secret"])
        options.auth_entity = order["key"]["id"]
    return RobotClient.at_address(order["address"], RobotClient.Options(dial_options=options))


async def outcome_of(call):
    try:
        await call
        return "OK"
    except asyncio.TimeoutError:
        return "DEADLINE_EXCEEDED"
    except asyncio.CancelledError:
        return "CANCELLED"
    except GRPCError as error:
        return error.status.name


async def essentials(machine, module, mark, big_bytes):
    thermo = Sensor.from_robot(machine, f"{module}-thermo")

    async def command(values, **more):
        request = DoCommandRequest(name=thermo.name, command=dict_to_struct(values))
        return struct_to_dict((await thermo.client.DoCommand(request, **more)).result)

    async def until(expected):
        while (await command({"sleeping": mark}))["sleeping"] != expected:
            await asyncio.sleep(0.005)

    # The channel's own, which has the token: what a caller sends takes its place.
    noted = {**dict(getattr(thermo.channel, "_metadata", None) or {}), "x-note": mark}
    note = (await command({"metadata": "x-note"}, metadata=noted))["metadata"]
    try:
        await command({"Grüße €": True})
        failure = ""
    except GRPCError as error:
        failure = error.message
    big = "0123456789abcdef" * (big_bytes // 16)
    echo = (await command({"echo": big}))["echo"]
    deadline = await outcome_of(command({"sleep": 60_000, "as": mark}, timeout=0.3))
    await until(False)
    sleeping = asyncio.create_task(command({"sleep": 60_000, "as": mark}))
    await until(True)
    sleeping.cancel()
    cancel = await outcome_of(sleeping)
    await until(False)
    watched = await Gauge.from_robot(machine, f"{module}-dial").watch(200)
    return {
        "metadata": note == mark,
        "error": "Grüße €" in failure,
        "stream": [len(watched), watched[-1].index],
        "big": echo == big,
        "deadline": deadline,
        "cancel": cancel,
    }


async def main(order):
    machine = await connect(order)
    mark = f"python-{order['transport']}-"
    outcome = {module: await essentials(machine, module, mark + module, order["bigBytes"]) for module in order["modules"]}
    await machine.close()
    return outcome


print(json.dumps(asyncio.run(main(json.loads(sys.argv[1])))))
