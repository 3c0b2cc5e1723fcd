/** What hardware there is and who has it: the hardware layer's findings beside the daemon's leases, as data. Each part is read for itself. */
import { existsSync } from "node:fs";
import path from "node:path";
import { systemClock } from "../base/clock.js";
import { withDeadline } from "../base/deadline.js";
import { messageOf } from "../base/errors.js";
import { hex } from "../base/hex.js";
import { seconds } from "../base/millis.js";
import type { BoardTable } from "../hardware/boards/board-table.js";
import type { Hardware } from "../hardware/hardware.js";
import type { Roots } from "../hardware/roots.js";
import { linkName, sysFiles } from "../hardware/sys-files.js";
import type { HardwareLease } from "../proto/gen/pinion/control/v1/control.js";

export interface HardwareListing {
  /** By the device tree; undefined for one without a table. */
  readonly board: string | undefined;
  readonly gpio: Part<ChipListing> & { readonly backend?: string };
  readonly i2c: Part<BusListing>;
  readonly serial: Part<PortListing>;
  readonly oneWire: Part<DeviceListing>;
  readonly pwm: Part<PwmListing>;
  /** Claims that are in none of these: of pins of other boards, and of what was not found, for example a port that is not plugged in. */
  readonly claimed: readonly Claim[];
  /** Claims that are refused, and why. */
  readonly refused: readonly (Claim & { readonly reason: string })[];
  /** Why it is not known which resources have what; undefined when it is known. */
  readonly withoutDaemon: string | undefined;
}

/** `error`: why it could not be read. */
export interface Part<T> {
  readonly found: readonly T[];
  readonly error?: string;
}

/** A resource, with the part of the item that it has. */
export interface Owner {
  readonly resource: string;
  readonly part?: string;
}

export interface Claim {
  /** line, pin, i2c, serial or onewire */
  readonly kind: string;
  /** False where it was looked for and is not there; the pin of an expander nobody can look for. */
  readonly isThere: boolean;
  readonly item: string;
  readonly owner: Owner;
}

export interface ChipListing {
  readonly label: string;
  readonly name: string;
  readonly lines: readonly LineListing[];
}

export interface LineListing {
  readonly offset: number;
  readonly name: string;
  /** Names on the board's header. */
  readonly pins: readonly string[];
  readonly direction: "in" | "out";
  /** As the kernel tells it: a program or a driver; empty when nobody has it open. */
  readonly consumer: string;
  readonly isUsed: boolean;
  readonly owners: readonly Owner[];
}

export interface BusListing {
  readonly number: number;
  readonly name: string;
  readonly devices: readonly { readonly address: number; readonly isProbed: boolean; readonly owners: readonly Owner[] }[];
  readonly error?: string;
}

export interface PortListing {
  readonly path: string;
  readonly links: readonly string[];
  readonly identity: string | undefined;
  readonly description: string | undefined;
  readonly owners: readonly Owner[];
}

export interface DeviceListing {
  readonly id: string;
  readonly owners: readonly Owner[];
}

export interface PwmListing {
  readonly chip: string;
  readonly device: string;
  readonly channels: number;
  /** In use by somebody. */
  readonly exported: readonly number[];
}

export interface ReadHardwareInput {
  readonly hardware: Hardware;
  readonly roots: Roots;
  readonly leases: readonly HardwareLease[] | string;
}

/** A bus that is held low takes as long as its time-outs. */
const READ_LIMIT = seconds(10);

export async function readHardware({ hardware, roots, leases }: ReadHardwareInput): Promise<HardwareListing> {
  const ledger = new Ledger(typeof leases === "string" ? [] : leases);
  const gpio = await attempt(() => readChips(hardware, ledger));
  const [i2c, serial, oneWire] = await Promise.all([
    attempt(() => readBuses(hardware, ledger)),
    attempt(() => readPorts(hardware, ledger)),
    attempt(() => readOneWire(hardware, ledger)),
  ]);
  const pwm = await attempt(() => readPwm(roots));
  return {
    board: hardware.board?.name,
    gpio: gpio.error === undefined ? { ...gpio, backend: hardware.gpio.backend } : gpio,
    i2c,
    serial,
    oneWire,
    pwm,
    claimed: ledger.rest(),
    refused: ledger.refused,
    withoutDaemon: typeof leases === "string" ? leases : undefined,
  };
}

/** Who claims what; remembers what was asked for. */
class Ledger {
  readonly #granted = new Map<string, HardwareLease[]>();
  readonly #asked = new Set<string>();
  readonly refused: HardwareListing["refused"];

  constructor(leases: readonly HardwareLease[]) {
    for (const lease of leases) {
      if (lease.refusal !== "") continue;
      const key = keyOf(lease.kind, lease.key);
      const known = this.#granted.get(key);
      if (known === undefined) this.#granted.set(key, [lease]);
      else known.push(lease);
    }
    // Of one resource all claims are refused together, for one reason.
    this.refused = leases
      .filter(
        ({ owner, refusal }, index) =>
          refusal !== "" && leases.findIndex((other) => other.owner === owner && other.refusal === refusal) === index,
      )
      .map((lease) => ({ ...toClaim(lease), reason: lease.refusal }));
  }

  ownersOf(kind: string, ...keys: readonly string[]): readonly Owner[] {
    return keys.flatMap((key) => {
      this.#asked.add(keyOf(kind, key));
      return (this.#granted.get(keyOf(kind, key)) ?? []).map(toOwner);
    });
  }

  /** Addresses of the bus that somebody has. */
  addressesOn(bus: number): readonly number[] {
    const prefix = `i2c-${bus}/`;
    return [...this.#granted.values()]
      .flat()
      .filter(({ kind, key }) => kind === "i2c" && key.startsWith(prefix))
      .map(({ key }) => Number(key.slice(prefix.length)));
  }

  rest(): readonly Claim[] {
    return [...this.#granted]
      .filter(([key]) => !this.#asked.has(key))
      .flatMap(([, leases]) => leases.filter((lease) => !isOfExpander(lease)).map(toClaim));
  }
}

/** What takes the channel of a chip as a line has the chip's address too, and is shown there. */
function isOfExpander({ kind, key }: HardwareLease): boolean {
  return kind === "line" && key.startsWith("i2c-");
}

function toClaim(lease: HardwareLease): Claim {
  const { kind, item, key } = lease;
  return { kind, item, isThere: kind === "pin" || (kind === "serial" && existsSync(key)), owner: toOwner(lease) };
}

/** A pin of a known board is a line. */
function keyOf(kind: string, key: string): string {
  return `${kind === "pin" ? "line" : kind} ${kind === "onewire" ? key.toLowerCase() : key}`;
}

function toOwner({ owner, part }: HardwareLease): Owner {
  return part === "" ? { resource: owner } : { resource: owner, part };
}

async function attempt<T>(read: () => readonly T[] | Promise<readonly T[]>): Promise<Part<T>> {
  try {
    return { found: await read() };
  } catch (error) {
    return { found: [], error: messageOf(error) };
  }
}

function readChips({ gpio, board }: Hardware, ledger: Ledger): readonly ChipListing[] {
  const pins = pinsByLine(board);
  return gpio.chips().map(({ label, name, lines }) => ({
    label,
    name,
    lines: Array.from({ length: lines }, (_, offset): LineListing => {
      const key = `${label}/${offset}`;
      const owners = ledger.ownersOf("line", key);
      const shared = { offset, pins: pins.get(key) ?? [], owners };
      try {
        const info = gpio.lineInfo({ chip: label, offset });
        const { consumer, isUsed } = info;
        return { ...shared, name: info.name, direction: info.isOutput ? "out" : "in", consumer, isUsed };
      } catch {
        // One line that tells nothing is no reason to hide the others.
        return { ...shared, name: "", direction: "in", consumer: "", isUsed: false };
      }
    }),
  }));
}

function pinsByLine(board: BoardTable | undefined): ReadonlyMap<string, readonly string[]> {
  return new Map((board?.pins ?? []).map(({ line, names }) => [`${line.chip}/${line.offset}`, names]));
}

async function readBuses({ i2c }: Hardware, ledger: Ledger): Promise<readonly BusListing[]> {
  return Promise.all(
    i2c.buses().map(async ({ number, name }): Promise<BusListing> => {
      const leased = new Set(ledger.addressesOn(number));
      const device = (address: number): BusListing["devices"][number] => ({
        address,
        isProbed: !leased.has(address),
        owners: ledger.ownersOf("i2c", `i2c-${number}/${hex(address)}`),
      });
      const known = [...leased].map(device);
      try {
        const found = await withDeadline(systemClock, READ_LIMIT, `asking I2C bus ${number}`, i2c.scan(number, leased));
        return { number, name, devices: [...known, ...found.map(device)].toSorted((a, b) => a.address - b.address) };
      } catch (error) {
        return { number, name, devices: known, error: messageOf(error) };
      }
    }),
  );
}

async function readPorts({ serial }: Hardware, ledger: Ledger): Promise<readonly PortListing[]> {
  const ports = await withDeadline(systemClock, READ_LIMIT, "listing serial ports", serial.list());
  return ports.map((port) => {
    const names = [port.path, ...port.links, ...(port.identity === undefined ? [] : [port.identity])];
    return { ...port, owners: ledger.ownersOf("serial", ...names) };
  });
}

async function readOneWire({ oneWire }: Hardware, ledger: Ledger): Promise<readonly DeviceListing[]> {
  const devices = await withDeadline(systemClock, READ_LIMIT, "listing 1-Wire devices", oneWire.devices());
  return devices.map((id) => ({ id, owners: ledger.ownersOf("onewire", id) }));
}

function readPwm({ sys }: Roots): readonly PwmListing[] {
  const root = path.join(sys, "class/pwm");
  return sysFiles
    .list(root)
    .filter((name) => /^pwmchip\d+$/.test(name))
    .map((chip) => {
      const folder = path.join(root, chip);
      const exported = sysFiles.list(folder).flatMap((name) => /^pwm(\d+)$/.exec(name)?.[1] ?? []);
      return {
        chip,
        device: linkName(path.join(folder, "device")) ?? chip,
        channels: Number(sysFiles.read(path.join(folder, "npwm"))),
        exported: exported.map(Number).toSorted((a, b) => a - b),
      };
    });
}
