"""The interop suite's module in Python, made with the official SDK as it is.

It serves the three models that every language of the suite serves (thermo, winch, gauge) and, for the checks of the
TypeScript client, an arm, a camera and a vision service.
"""

import asyncio
import os
import sys

from gauge import Gauge
from viam.components.arm import Arm, JointPositions, Pose
from viam.components.camera import Camera
from viam.components.motor import Motor
from viam.components.sensor import Sensor
from viam.media.video import CameraMimeType, NamedImage
from viam.module.module import Module
from viam.proto.common import ResponseMetadata
from viam.proto.service.vision import Detection
from viam.resource.easy_resource import EasyResource, stub_model
from viam.services.vision import CaptureAllResult, Vision
from viam.utils import struct_to_dict

builds = {}
# Marks of `sleep` commands that go on.
sleepers = set()


def built(resource, config):
    """What every model of the suite keeps: its attributes and how often its name was built in this process."""
    builds[config.name] = builds.get(config.name, 0) + 1
    resource.attributes = struct_to_dict(config.attributes)
    if "refuse" in resource.attributes:
        raise RuntimeError(resource.attributes["refuse"])
    return resource


class Commands:
    """The commands that every resource of the suite answers."""

    async def do_command(self, command, *, timeout=None, **kwargs):
        if "echo" in command:
            return {"echo": command["echo"]}
        if "print" in command:
            print(command["print"] + " on stdout")
            print(command["print"] + " on stderr", file=sys.stderr)
            return {}
        if "log" in command:
            for level in ("debug", "info", "warning", "error", "critical"):
                getattr(self.logger, level)(command["log"] + " " + level)
            return {}
        if "metadata" in command:
            return {"metadata": kwargs["metadata"].get(command["metadata"])}
        if "sleep" in command:
            sleepers.add(command.get("as"))
            try:
                await asyncio.sleep(command["sleep"] / 1000)
            finally:
                sleepers.discard(command.get("as"))
            return {"slept": command["sleep"]}
        if "sleeping" in command:
            return {"sleeping": command["sleeping"] in sleepers}
        if "crash" in command:
            os._exit(int(command["crash"]))
        if "describe" in command:
            return {
                "language": "python",
                "pid": os.getpid(),
                "builds": builds[self.name],
                "argv": sys.argv[1:],
                "cwd": os.getcwd(),
                "env": {key: value for key, value in os.environ.items() if key.startswith(("VIAM_", "ACME_"))},
                **await self.describe(),
            }
        raise ValueError(f"unknown command {sorted(command)}")

    async def describe(self):
        return {}


class Thermo(Commands, Sensor, EasyResource):
    MODEL = "acme:python:thermo"

    @classmethod
    def validate_config(cls, config):
        offset = struct_to_dict(config.attributes).get("offset", 0)
        if not isinstance(offset, (int, float)):
            raise ValueError(f"offset must be a number, got {offset!r}")
        return [], []

    @classmethod
    def new(cls, config, dependencies):
        resource = built(super().new(config, dependencies), config)
        resource.count = 0
        return resource

    async def get_readings(self, **kwargs):
        self.count += 1
        return {"celsius": 20 + self.attributes.get("offset", 0), "count": self.count}


class Winch(Commands, Motor, EasyResource):
    """A motor whose position is what another module's sensor reads."""

    MODEL = "acme:python:winch"

    @classmethod
    def validate_config(cls, config):
        attributes = struct_to_dict(config.attributes)
        return [attributes["sensor"]], [attributes["spare"]] if "spare" in attributes else []

    @classmethod
    def new(cls, config, dependencies):
        resource = built(super().new(config, dependencies), config)
        resource.power = 0.0
        sensors = {name.name: dependency for name, dependency in dependencies.items()}
        resource.sensor = sensors[resource.attributes["sensor"]]
        resource.spare = sensors.get(resource.attributes.get("spare"))
        return resource

    async def set_power(self, power, **kwargs):
        self.power = power

    async def stop(self, **kwargs):
        self.power = 0.0

    async def is_powered(self, **kwargs):
        return self.power != 0, self.power

    async def is_moving(self):
        return self.power != 0

    async def get_position(self, **kwargs):
        return (await self.sensor.get_readings())["celsius"]

    async def get_properties(self, **kwargs):
        return Motor.Properties(position_reporting=True)

    async def go_for(self, rpm, revolutions, **kwargs):
        self.power = 1.0

    async def go_to(self, rpm, position_revolutions, **kwargs):
        self.power = 1.0

    async def set_rpm(self, rpm, **kwargs):
        self.power = 1.0

    async def reset_zero_position(self, offset, **kwargs): ...

    async def describe(self):
        return {
            "power": self.power,
            "sensor": (await self.sensor.get_readings())["celsius"],
            "spare": (await self.spare.get_readings())["celsius"] if self.spare else None,
        }


class Dial(Commands, Gauge, EasyResource):
    MODEL = "acme:python:dial"

    @classmethod
    def new(cls, config, dependencies):
        return built(super().new(config, dependencies), config)

    async def measure(self):
        return 20 + self.attributes.get("offset", 0)


@stub_model
class Elbow(Commands, Arm, EasyResource):
    """One joint; the end is where the joint is."""

    MODEL = "acme:python:elbow"

    @classmethod
    def new(cls, config, dependencies):
        resource = built(super().new(config, dependencies), config)
        resource.joint = 0.0
        return resource

    async def get_end_position(self, **kwargs):
        return Pose(x=self.joint, y=0, z=100, o_z=1)

    async def move_to_position(self, pose, **kwargs):
        self.joint = pose.x

    async def get_joint_positions(self, **kwargs):
        return JointPositions(values=[self.joint])

    async def move_to_joint_positions(self, positions, **kwargs):
        self.joint = positions.values[0]

    async def stop(self, **kwargs): ...

    async def is_moving(self):
        return False


def picture():
    return NamedImage("eye", bytes(range(256)) * 4096, CameraMimeType.JPEG)


class Eye(Commands, Camera, EasyResource):
    """A picture of 1 MiB, so that big answers pass too."""

    MODEL = "acme:python:eye"

    @classmethod
    def new(cls, config, dependencies):
        return built(super().new(config, dependencies), config)

    async def get_images(self, **kwargs):
        return [picture()], ResponseMetadata()

    async def get_point_cloud(self, **kwargs):
        return b"", "pointcloud/pcd"

    async def get_properties(self, **kwargs):
        return Camera.Properties(supports_pcd=False, mime_types=["image/jpeg"], frame_rate=30)


class Watcher(Commands, Vision, EasyResource):
    MODEL = "acme:python:watcher"

    @classmethod
    def new(cls, config, dependencies):
        return built(super().new(config, dependencies), config)

    async def get_detections_from_camera(self, camera_name, **kwargs):
        return [Detection(x_min=1, y_min=2, x_max=3, y_max=4, confidence=0.5, class_name=camera_name)]

    async def get_detections(self, image, **kwargs):
        return []

    async def get_detections_3d(self, camera_name, **kwargs):
        return []

    async def get_classifications_from_camera(self, camera_name, count, **kwargs):
        return []

    async def get_classifications(self, image, count, **kwargs):
        return []

    async def get_object_point_clouds(self, camera_name, **kwargs):
        return []

    async def get_properties(self, **kwargs):
        return Vision.Properties(classifications_supported=False, detections_supported=True, object_point_clouds_supported=False)

    async def capture_all_from_camera(self, camera_name, return_image=False, **kwargs):
        detections = await self.get_detections_from_camera(camera_name)
        return CaptureAllResult(image=picture() if return_image else None, detections=detections)


if __name__ == "__main__":
    asyncio.run(Module.run_from_registry())
