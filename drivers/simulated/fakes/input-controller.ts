/** A gamepad with one stick and one button that nobody holds: it does what TriggerEvent says. */
import { EventEmitter, on } from "node:events";
import { invalidArgument, type ResourceContext } from "pinion/sdk";
import { toTimestamp } from "../timestamp.js";
import type { World } from "../world.js";
import type { ControllerEvent, InputController, WantedEvents } from "./apis.js";

const CONTROLS: readonly string[] = ["AbsoluteX", "ButtonStart"];
/** Names that stand for several events. */
const GROUPS: Readonly<Record<string, readonly string[]>> = { ButtonChange: ["ButtonPress", "ButtonRelease"] };
const EVERY_EVENT = "AllEvents";

export function create(_context: ResourceContext<unknown>, { clock }: World): InputController {
  const connected = (control: string): ControllerEvent => ({ time: toTimestamp(clock.wall()), event: "Connect", control, value: 0 });
  const last = new Map(CONTROLS.map((control) => [control, connected(control)]));
  const hub = new EventEmitter<{ event: [ControllerEvent] }>().setMaxListeners(0);
  return {
    getControls: async () => ({ controls: CONTROLS }),
    getEvents: async () => ({ events: [...last.values()] }),
    async *streamEvents({ events }, options) {
      const signal = options?.signal;
      for await (const [event] of on(hub, "event", signal === undefined ? {} : { signal })) {
        // What `on` yields are the arguments of one emit.
        if (isWanted(event as ControllerEvent, events)) yield { event: event as ControllerEvent };
      }
    },
    triggerEvent: async ({ event }) => {
      if (event === undefined) throw invalidArgument("event: expected an event, got none");
      if (!last.has(event.control)) throw invalidArgument(`event.control: expected ${CONTROLS.join(" or ")}, got "${event.control}"`);
      const stamped = { ...event, time: event.time ?? toTimestamp(clock.wall()) };
      last.set(event.control, stamped);
      hub.emit("event", stamped);
      return {};
    },
    getStatus: async () => Object.fromEntries([...last].map(([control, { event, value }]) => [control, { event, value }])),
  };
}

function isWanted({ control, event }: ControllerEvent, wanted: readonly WantedEvents[]): boolean {
  return wanted.some(({ control: of, events }) => of === control && events.some((name) => matches(name, event)));
}

function matches(name: string, event: string): boolean {
  return name === event || name === EVERY_EVENT || GROUPS[name]?.includes(event) === true;
}
