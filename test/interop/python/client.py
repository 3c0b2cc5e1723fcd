"""Drives a machine with the official Python client.

client.py tour ADDRESS LANGUAGE...   uses everything of each language's module once and prints one JSON object
client.py hold ADDRESS MOTOR         sets the motor's power, says so, and stays until it is killed
client.py stay ADDRESS SENSOR        reads the sensor twice a second and prints what it got or the error's name
"""

import asyncio
import json
import sys

from gauge import Gauge
from grpclib import GRPCError
from viam.components.motor import Motor
from viam.components.sensor import Sensor
from viam.errors import ResourceNotFoundError
from viam.proto.robot import GetMachineStatusResponse, ModuleStatus, ResourceStatus
from viam.robot.client import RobotClient
from viam.rpc.dial import DialOptions


def connect(address):
    return RobotClient.at_address(address, RobotClient.Options(dial_options=DialOptions(insecure=True, disable_webrtc=True)))


def full(name):
    return f"{name.namespace}:{name.type}:{name.subtype}/{name.name}"


async def powered(motor):
    return list(await motor.is_powered())


async def drive(motor):
    await motor.set_power(0.5)
    on = await powered(motor)
    position = await motor.get_position()
    await motor.stop()
    return {"on": on, "position": position, "off": await powered(motor)}


async def measure(gauge):
    measured = await gauge.measure("C")
    watched = await gauge.watch(3)
    recorded = await gauge.record([1, 2, 3.5])
    calibrated = await gauge.calibrate([20, 25])
    return {
        "measure": [measured.value, measured.unit],
        "watch": [message.value for message in watched],
        "record": [recorded.count, recorded.sum],
        "calibrate": [message.error for message in calibrated],
    }


def status(machine):
    states = GetMachineStatusResponse.State
    return {
        "isRunning": machine.state == states.STATE_RUNNING,
        "ready": sorted(full(r.name) for r in machine.resources if r.state == ResourceStatus.STATE_READY),
        "modules": {m.module_name: m.state == ModuleStatus.STATE_READY for m in machine.modules},
    }


async def cancel(machine, sensor):
    """Starts a long command, finds it among the operations and cancels it."""
    command = asyncio.create_task(sensor.do_command({"sleep": 20_000}))
    while True:
        found = [o for o in await machine.get_operations() if o.method.endswith("DoCommand")]
        if found:
            break
        await asyncio.sleep(0.01)
    await machine.cancel_operation(found[0].id)
    await machine.block_for_operation(found[0].id)
    try:
        await command
        outcome = "finished"
    except GRPCError as error:
        outcome = error.status.name
    return {"method": found[0].method, "outcome": outcome}


async def tour(machine, languages):
    readings, echoes, motors, gauges = {}, {}, {}, {}
    for language in languages:
        thermo = Sensor.from_robot(machine, f"{language}-thermo")
        readings[language] = (await thermo.get_readings())["celsius"]
        echoes[language] = await thermo.do_command({"echo": {"text": "Grüße", "list": [1.5, True]}})
        motors[language] = await drive(Motor.from_robot(machine, f"{language}-winch"))
        gauges[language] = await measure(Gauge.from_robot(machine, f"{language}-dial"))
    first = Motor.from_robot(machine, f"{languages[0]}-winch")
    await first.set_power(0.25)
    await machine.stop_all()
    version = await machine.get_version()
    try:
        Sensor.from_robot(machine, "nowhere")
        missing = False
    except ResourceNotFoundError:
        missing = True
    return {
        "names": sorted(full(name) for name in machine.resource_names),
        "readings": readings,
        "echoes": echoes,
        "motors": motors,
        "gauges": gauges,
        "stopAll": await powered(first),
        "status": status(await machine.get_machine_status()),
        "version": {"platform": version.platform, "version": version.version, "apiVersion": version.api_version},
        "models": len(await machine.get_models_from_modules()),
        "operation": await cancel(machine, Sensor.from_robot(machine, f"{languages[0]}-thermo")),
        "missing": missing,
    }


async def stay(machine, name):
    sensor = Sensor.from_robot(machine, name)
    while True:
        try:
            print(json.dumps(await sensor.get_readings(timeout=2)), flush=True)
        except Exception as error:
            print(type(error).__name__, flush=True)
        await asyncio.sleep(0.5)


async def main(verb, address, *names):
    machine = await connect(address)
    try:
        if verb == "tour":
            print(json.dumps(await tour(machine, names)))
        elif verb == "stay":
            await stay(machine, names[0])
        else:
            await Motor.from_robot(machine, names[0]).set_power(0.5)
            print("holding", flush=True)
            await asyncio.sleep(60)
    finally:
        await machine.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
