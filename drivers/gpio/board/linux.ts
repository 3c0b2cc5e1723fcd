/** The models of boards whose header Pinion has a table of, or that have none. */
import type { DependencyNames, ResourceConfig, ResourceContext } from "pinion/sdk";
import type { Rig } from "../rig.js";
import type { BoardAttributes } from "./attributes.js";
import { LinuxBoard } from "./linux-board.js";
import { needsOf } from "./needs.js";

export { linuxSchema as schema } from "./attributes.js";

export function validate(attributes: BoardAttributes, { name }: ResourceConfig, { hardware }: Rig): DependencyNames {
  return { hardware: needsOf(name, attributes, hardware.board, hardware.gpio) };
}

export function create({ name, fullName, attributes, logger }: ResourceContext<BoardAttributes>, { hardware, boards }: Rig): LinuxBoard {
  if (attributes.board_settings !== undefined) {
    logger.warn(
      "board_settings are ignored: enable I2C and the like in the system's own settings (/boot/firmware/config.txt, raspi-config)",
    );
  }
  return new LinuxBoard({ name, fullName, attributes, header: hardware.board, hardware, boards, logger });
}
