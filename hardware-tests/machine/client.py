"""The official Python client at the end of a pipe. Usage: client.py ADDRESS
Each line of standard input is a JSON object {"id", "verb", "args"}; each line of output one with "id" and "result" or "error".
Calls run side by side. Ends with its standard input."""

import asyncio
import json
import sys

from viam.components.board import Board
from viam.components.encoder import Encoder
from viam.components.motor import Motor
from viam.components.movement_sensor import MovementSensor
from viam.components.power_sensor import PowerSensor
from viam.components.sensor import Sensor
from viam.robot.client import RobotClient
from viam.rpc.dial import DialOptions

LIMIT = 30


class Verbs:
    def __init__(self, machine):
        self.machine = machine
        self.ticks = []
        self.stream = None

    async def readings(self, name):
        return dict(await Sensor.from_robot(self.machine, name).get_readings(timeout=LIMIT))

    async def power(self, name):
        sensor = PowerSensor.from_robot(self.machine, name)
        volts, _ = await sensor.get_voltage(timeout=LIMIT)
        amperes, _ = await sensor.get_current(timeout=LIMIT)
        return [volts, amperes, await sensor.get_power(timeout=LIMIT)]

    async def position(self, name):
        point, altitude = await MovementSensor.from_robot(self.machine, name).get_position(timeout=LIMIT)
        return [point.latitude, point.longitude, altitude]

    async def set_power(self, name, power):
        await Motor.from_robot(self.machine, name).set_power(power, timeout=LIMIT)

    async def go_for(self, name, rpm, revolutions):
        await Motor.from_robot(self.machine, name).go_for(rpm, revolutions, timeout=LIMIT)

    async def motor_position(self, name):
        return await Motor.from_robot(self.machine, name).get_position(timeout=LIMIT)

    async def is_powered(self, name):
        return list(await Motor.from_robot(self.machine, name).is_powered(timeout=LIMIT))

    async def stop(self, name):
        await Motor.from_robot(self.machine, name).stop(timeout=LIMIT)

    async def encoder_position(self, name):
        value, _ = await Encoder.from_robot(self.machine, name).get_position(timeout=LIMIT)
        return value

    async def set_pin(self, board, pin, high):
        await (await Board.from_robot(self.machine, board).gpio_pin_by_name(pin)).set(high, timeout=LIMIT)

    async def get_pin(self, board, pin):
        return await (await Board.from_robot(self.machine, board).gpio_pin_by_name(pin)).get(timeout=LIMIT)

    async def interrupt_value(self, board, name):
        return await (await Board.from_robot(self.machine, board).digital_interrupt_by_name(name)).value(timeout=LIMIT)

    async def stream_ticks(self, board, names):
        resource = Board.from_robot(self.machine, board)
        interrupts = [await resource.digital_interrupt_by_name(name) for name in names]
        stream = await resource.stream_ticks(interrupts)

        async def collect():
            async for tick in stream:
                # The first, without a name, says that the stream is armed.
                self.ticks.append([tick.pin_name, tick.high, tick.time])

        self.stream = asyncio.create_task(collect())

    async def taken_ticks(self):
        return self.ticks

    async def tick_count(self):
        return sum(1 for name, _, _ in self.ticks if name)


async def answer(verbs, request):
    try:
        result = await getattr(verbs, request["verb"])(*request["args"])
        reply = {"id": request["id"], "result": result}
    except Exception as error:
        reply = {"id": request["id"], "error": f"{type(error).__name__}: {error}"}
    print(json.dumps(reply), flush=True)


async def main(address):
    options = RobotClient.Options(dial_options=DialOptions(insecure=True, disable_webrtc=True))
    machine = await RobotClient.at_address(address, options)
    print(json.dumps({"id": 0, "result": sorted(name.name for name in machine.resource_names)}), flush=True)
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    verbs = Verbs(machine)
    tasks = set()
    while line := await reader.readline():
        task = asyncio.create_task(answer(verbs, json.loads(line)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    for task in [*tasks, *([verbs.stream] if verbs.stream else [])]:
        task.cancel()
    await machine.close()


asyncio.run(main(sys.argv[1]))
