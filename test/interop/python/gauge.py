"""The gauge API for the official Python SDK: the resource class, its server side and its client."""

import os
import sys
from abc import abstractmethod

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "gen"))

from acme.gauge.v1.gauge_grpc import GaugeServiceBase, GaugeServiceStub
from acme.gauge.v1.gauge_pb2 import (
    CalibrateRequest,
    CalibrateResponse,
    MeasureRequest,
    MeasureResponse,
    RecordRequest,
    RecordResponse,
    WatchRequest,
    WatchResponse,
)
from viam.components.component_base import ComponentBase
from viam.resource.registry import Registry, ResourceRegistration
from viam.resource.rpc_service_base import ResourceRPCServiceBase
from viam.resource.types import API


class Gauge(ComponentBase):
    API = API("acme", "component", "gauge")

    @abstractmethod
    async def measure(self) -> float: ...


class GaugeService(GaugeServiceBase, ResourceRPCServiceBase):
    RESOURCE_TYPE = Gauge

    async def Measure(self, stream):
        request = await stream.recv_message()
        gauge = self.get_resource(request.name)
        await stream.send_message(MeasureResponse(value=await gauge.measure(), unit=request.unit))

    async def Watch(self, stream):
        request = await stream.recv_message()
        gauge = self.get_resource(request.name)
        for index in range(request.count):
            await stream.send_message(WatchResponse(index=index, value=await gauge.measure() + index))

    async def Record(self, stream):
        count, total = 0, 0.0
        async for request in stream:
            if count == 0:
                self.get_resource(request.name)
            count, total = count + 1, total + request.value
        await stream.send_message(RecordResponse(count=count, sum=total))

    async def Calibrate(self, stream):
        gauge = None
        async for request in stream:
            gauge = gauge or self.get_resource(request.name)
            await stream.send_message(CalibrateResponse(target=request.target, error=await gauge.measure() - request.target))


class GaugeClient(Gauge):
    def __init__(self, name, channel):
        super().__init__(name)
        self.channel = channel
        self.client = GaugeServiceStub(channel)

    async def measure(self, unit="C"):
        return await self.client.Measure(MeasureRequest(name=self.name, unit=unit))

    async def watch(self, count):
        return await self.client.Watch(WatchRequest(name=self.name, count=count))

    async def record(self, values):
        return await self.client.Record([RecordRequest(name=self.name, value=value) for value in values])

    async def calibrate(self, targets):
        """Each target is sent only when the one before was answered."""
        answers = []
        async with self.client.Calibrate.open() as stream:
            for target in targets:
                await stream.send_message(CalibrateRequest(name=self.name, target=target))
                answers.append(await stream.recv_message())
            await stream.end()
        return answers


Registry.register_api(ResourceRegistration(Gauge, GaugeService, lambda name, channel: GaugeClient(name, channel)))
