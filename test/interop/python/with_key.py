"""Reads a sensor and stops everything with an API key over TLS: with_key.py ADDRESS ID SECRET"""

import asyncio
import json
import sys

from grpclib import GRPCError
from viam.components.sensor import Sensor
from viam.robot.client import RobotClient


async def main(address, key_id, secret):
    options = RobotClient.Options.with_api_key(api_key=secret, api_key_id=key_id)
    options.dial_options.disable_webrtc = True
    try:
        machine = await RobotClient.at_address(address, options)
    except GRPCError as error:
        return {"error": error.status.name}
    try:
        await machine.stop_all()
        stop_all = "done"
    except GRPCError as error:
        stop_all = error.status.name
    readings = await Sensor.from_robot(machine, "thermo").get_readings()
    names = sorted(name.name for name in machine.resource_names)
    await machine.close()
    return {"names": names, "hasReadings": len(readings) > 0, "stopAll": stop_all}


print(json.dumps(asyncio.run(main(*sys.argv[1:]))))
