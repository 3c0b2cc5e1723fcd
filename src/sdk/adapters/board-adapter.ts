/** Board on the wire. */
import type { Duration } from "../../proto/gen/google/protobuf/duration.js";
import { BoardServiceDefinition, PowerMode as WirePowerMode } from "../../proto/gen/viam/component/board/v1/board.js";
import type { ServiceClient, ServiceHandlers } from "../../proto/service.js";
import { RpcError, Status } from "../../proto/status-code.js";
import type { Board, PowerMode, Tick } from "../apis/board.js";
import { invalidArgument } from "../errors.js";
import type { CallOptions, Handle } from "../resource.js";
import type { ApiAdapter } from "../resource-api.js";
import { createAdapter } from "./adapter.js";
import { addressed, commonClient, commonDefaults, commonHandlers, received, sent } from "./common.js";

export const boardAdapter: ApiAdapter<Board> = createAdapter<Board, BoardServiceDefinition>({
  definition: BoardServiceDefinition,
  defaults: () => commonDefaults("board"),
  handlers,
  client,
});

function handlers(find: (name: string) => Handle<Board>): ServiceHandlers<BoardServiceDefinition> {
  return {
    ...commonHandlers(find),
    setGPIO: async ({ name, pin, high, extra }, context) => {
      await find(name).setGpio(pin, high, received(context, extra));
      return {};
    },
    getGPIO: async ({ name, pin, extra }, context) => ({ high: await find(name).getGpio(pin, received(context, extra)) }),
    pwm: async ({ name, pin, extra }, context) => ({ dutyCyclePct: await find(name).getPwm(pin, received(context, extra)) }),
    setPWM: async ({ name, pin, dutyCyclePct, extra }, context) => {
      // What rounding made a little too much is all.
      if (!(dutyCyclePct >= 0 && dutyCyclePct < 1.01)) throw invalidArgument(`duty_cycle_pct: expected 0 to 1, got ${dutyCyclePct}`);
      await find(name).setPwm(pin, Math.min(dutyCyclePct, 1), received(context, extra));
      return {};
    },
    pwmFrequency: async ({ name, pin, extra }, context) => ({
      frequencyHz: BigInt(Math.round(await find(name).getPwmFrequency(pin, received(context, extra)))),
    }),
    setPWMFrequency: async ({ name, pin, frequencyHz, extra }, context) => {
      await find(name).setPwmFrequency(pin, Number(frequencyHz), received(context, extra));
      return {};
    },
    readAnalogReader: async ({ boardName, analogReaderName, extra }, context) => {
      const { value, minRange, maxRange, stepSize } = await find(boardName).readAnalog(analogReaderName, received(context, extra));
      return { value, minRange, maxRange, stepSize };
    },
    writeAnalog: async ({ name, pin, value, extra }, context) => {
      await find(name).writeAnalog(pin, value, received(context, extra));
      return {};
    },
    getDigitalInterruptValue: async ({ boardName, digitalInterruptName, extra }, context) => ({
      value: BigInt(await find(boardName).getDigitalInterruptValue(digitalInterruptName, received(context, extra))),
    }),
    streamTicks: async function* ({ name, pinNames, extra }, context) {
      const ticks = await find(name).streamTicks(pinNames, received(context, extra));
      // Clients wait for this empty message: it says that edges from now on will be told.
      yield { pinName: "", time: 0n, high: false };
      for await (const { pin, time, isHigh } of ticks) yield { pinName: pin, time, high: isHigh };
    },
    setPowerMode: async ({ name, powerMode, duration, extra }, context) => {
      await find(name).setPowerMode(fromWireMode(powerMode), toMilliseconds(duration), received(context, extra));
      return {};
    },
  };
}

function client(rpc: ServiceClient<BoardServiceDefinition>, name: string): Handle<Board> {
  const to = (options: CallOptions | undefined): ReturnType<typeof addressed> => addressed(name, options);
  return {
    ...commonClient(rpc, name),
    setGpio: async (pin, high, options) => void (await rpc.setGPIO({ ...to(options), pin, high }, sent(options))),
    getGpio: async (pin, options) => (await rpc.getGPIO({ ...to(options), pin }, sent(options))).high,
    getPwm: async (pin, options) => (await rpc.pwm({ ...to(options), pin }, sent(options))).dutyCyclePct,
    setPwm: async (pin, dutyCyclePct, options) => void (await rpc.setPWM({ ...to(options), pin, dutyCyclePct }, sent(options))),
    getPwmFrequency: async (pin, options) => Number((await rpc.pwmFrequency({ ...to(options), pin }, sent(options))).frequencyHz),
    setPwmFrequency: async (pin, frequency, options) =>
      void (await rpc.setPWMFrequency({ ...to(options), pin, frequencyHz: BigInt(Math.round(frequency)) }, sent(options))),
    readAnalog: async (analogReaderName, options) => {
      const { name: boardName, ...rest } = to(options);
      return await rpc.readAnalogReader({ ...rest, boardName, analogReaderName }, sent(options));
    },
    writeAnalog: async (pin, value, options) => void (await rpc.writeAnalog({ ...to(options), pin, value }, sent(options))),
    getDigitalInterruptValue: async (digitalInterruptName, options) => {
      const { name: boardName, ...rest } = to(options);
      return Number((await rpc.getDigitalInterruptValue({ ...rest, boardName, digitalInterruptName }, sent(options))).value);
    },
    streamTicks: (interrupts, options) => openTicks(rpc, { ...to(options), pinNames: [...interrupts] }, options),
    setPowerMode: async (mode, duration, options) => {
      const request = { ...to(options), powerMode: toWireMode(mode) };
      await rpc.setPowerMode(duration === undefined ? request : { ...request, duration: fromMilliseconds(duration) }, sent(options));
    },
  };
}

async function openTicks(
  rpc: ServiceClient<BoardServiceDefinition>,
  request: Parameters<ServiceClient<BoardServiceDefinition>["streamTicks"]>[0],
  options: CallOptions | undefined,
): Promise<AsyncIterable<Tick>> {
  const messages = rpc.streamTicks(request, sent(options))[Symbol.asyncIterator]();
  const first = await messages.next();
  if (first.done === true) throw new RpcError(Status.UNAVAILABLE, "the stream of ticks ended before it began");
  return ticksOf({ [Symbol.asyncIterator]: () => messages });
}

async function* ticksOf(messages: AsyncIterable<{ pinName: string; time: bigint; high: boolean }>): AsyncGenerator<Tick> {
  for await (const { pinName, time, high } of messages) yield { pin: pinName, time, isHigh: high };
}

function fromWireMode(mode: number): PowerMode {
  if (mode === WirePowerMode.NORMAL) return "normal";
  if (mode === WirePowerMode.OFFLINE_DEEP) return "offline-deep";
  throw invalidArgument(`power_mode: expected 1 (normal) or 2 (offline deep), got ${mode}`);
}

function toWireMode(mode: PowerMode): WirePowerMode {
  return mode === "normal" ? WirePowerMode.NORMAL : WirePowerMode.OFFLINE_DEEP;
}

function toMilliseconds(duration: Duration | undefined): number | undefined {
  return duration === undefined ? undefined : Number(duration.seconds) * 1000 + duration.nanos / 1e6;
}

function fromMilliseconds(value: number): Duration {
  const whole = Math.trunc(value / 1000);
  return { seconds: BigInt(whole), nanos: Math.round((value - whole * 1000) * 1e6) };
}
