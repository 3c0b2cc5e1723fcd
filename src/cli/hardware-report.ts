/** `pinion hardware` for people. */
import { hex } from "../base/hex.js";
import type {
  BusListing,
  ChipListing,
  Claim,
  HardwareListing,
  LineListing,
  Owner,
  Part,
  PortListing,
  PwmListing,
} from "./read-hardware.js";
import { simpleNameOf } from "./status-report.js";
import type { Style } from "./style.js";
import { type Cell, formatTable } from "./table.js";

export interface HardwareReportOptions {
  readonly style: Style;
  /** All lines, not only those that somebody has. */
  readonly isEveryLine: boolean;
}

export function formatHardware(listing: HardwareListing, { style, isEveryLine }: HardwareReportOptions): string {
  const { board, gpio, i2c, serial, oneWire, pwm, claimed, refused, withoutDaemon } = listing;
  const backend = gpio.backend === undefined ? "" : style.dim(` (${gpio.backend})`);
  const sections = [
    [`${style.bold("board")}  ${board ?? "none that is known; lines go by chip and offset"}`],
    section(`GPIO${backend}`, gpio, "no GPIO chips", (chips) => chips.flatMap((chip) => chipLines(chip, isEveryLine, style)), style),
    section("I2C", i2c, "no I2C buses", (buses) => buses.flatMap((bus) => busLines(bus, style)), style),
    section("serial", serial, "no serial ports", (ports) => portLines(ports, style), style),
    section(
      "1-Wire",
      oneWire,
      "no 1-Wire devices",
      (devices) => table(devices.map(({ id, owners }) => [text(id), owner(owners, style)])),
      style,
    ),
    section("PWM", pwm, "no PWM chips", (chips) => pwmLines(chips, style), style),
    ...(claimed.length === 0 ? [] : [[style.bold("claimed besides"), ...claimedLines(claimed, style)]]),
    ...(refused.length === 0
      ? []
      : [[style.bold("refused"), ...refused.map(({ owner: by, reason }) => `  ${style.red(shortName(by.resource))} ${reason}`)]]),
    ...(withoutDaemon === undefined ? [] : [[style.yellow(`which resources have what is not known: ${withoutDaemon}`)]]),
  ];
  return sections.map((lines) => lines.join("\n")).join("\n\n");
}

function section<T>(
  title: string,
  { found, error }: Part<T>,
  nothing: string,
  format: (found: readonly T[]) => readonly string[],
  style: Style,
): readonly string[] {
  if (error !== undefined) return [style.bold(title), `  ${style.yellow(error)}`];
  if (found.length === 0) return [style.dim(nothing)];
  return [style.bold(title), ...format(found)];
}

function chipLines({ label, name, lines }: ChipListing, isEveryLine: boolean, style: Style): readonly string[] {
  const taken = lines.filter(({ isUsed, owners }) => isUsed || owners.length > 0);
  const shown = isEveryLine ? lines : taken;
  const head = `  ${label}  ${style.dim(`${name}, ${lines.length} lines, ${taken.length} taken`)}`;
  const rows = shown.map((line): readonly Cell[] => [
    { text: `  ${line.offset}` },
    text(lineName(line)),
    text(line.isUsed || isEveryLine ? line.direction : ""),
    { text: holderText(line), paint: line.owners.length > 0 ? style.green : style.dim },
  ]);
  return [head, ...table(rows)];
}

function lineName({ name, pins: [number, ...names] }: LineListing): string {
  const pin = number === undefined ? "" : `pin ${number}`;
  const other = name === "" ? (names.find((candidate) => /^gpio/i.test(candidate)) ?? names[0] ?? "") : name;
  return [pin, other].filter((part) => part !== "").join(" ");
}

/** The resource is what people look for; the kernel's consumer says who has it open now. */
function holderText({ owners, consumer, isUsed }: LineListing): string {
  const open = consumer === "" ? (isUsed ? "in use by something without a name" : "") : `open by ${consumer}`;
  return [owners.map(ownerText).join(", "), open].filter((part) => part !== "").join("; ");
}

function busLines({ number, name, devices, error }: BusListing, style: Style): readonly string[] {
  const head = `  bus ${number}  ${style.dim(name)}`;
  if (devices.length === 0 && error === undefined) return [`${head}  nothing answers`];
  const rows = devices.map(({ address, isProbed, owners }): readonly Cell[] => [
    { text: `  ${hex(address)}` },
    isProbed ? text("answers") : { text: "not asked", paint: style.dim },
    owner(owners, style),
  ]);
  return [head, ...table(rows), ...(error === undefined ? [] : [`    ${style.yellow(error)}`])];
}

function portLines(ports: readonly PortListing[], style: Style): readonly string[] {
  return ports.flatMap(({ path, links, identity, description, owners }) => [
    ...table([[text(path), text(identity ?? ""), { text: description ?? "", paint: style.dim }, owner(owners, style)]]),
    ...links.map((link) => `    ${style.dim(link)}`),
  ]);
}

function pwmLines(chips: readonly PwmListing[], style: Style): readonly string[] {
  return table(
    chips.map(({ chip, device, channels, exported }) => [
      text(device),
      { text: chip, paint: style.dim },
      text(`${channels} channel${channels === 1 ? "" : "s"}`),
      text(exported.length === 0 ? "" : `in use: ${exported.join(", ")}`),
    ]),
  );
}

function claimedLines(claimed: readonly Claim[], style: Style): readonly string[] {
  return table(
    claimed.map(({ isThere, item, owner: by }) => [
      text(item),
      { text: isThere ? "" : "not found", paint: style.yellow },
      owner([by], style),
    ]),
  );
}

function table(rows: readonly (readonly Cell[])[]): readonly string[] {
  return formatTable(rows).map((line) => `  ${line}`);
}

function text(value: string): Cell {
  return { text: value };
}

function owner(owners: readonly Owner[], style: Style): Cell {
  return { text: owners.map(ownerText).join(", "), paint: style.green };
}

function ownerText({ resource, part }: Owner): string {
  return part === undefined ? shortName(resource) : `${shortName(resource)} (${part})`;
}

/** `motor left` says enough of what is almost always a component. */
function shortName(resource: string): string {
  const [, kind] = /^rdk:component:([\w-]+)\//.exec(resource) ?? [];
  return kind === undefined ? resource : `${kind} ${simpleNameOf(resource)}`;
}
