/** The one error class of Pinion. Callers match `code`, never the text. */

export type ErrorCode =
  | "CONFIG_INVALID"
  | "CONFIG_UNREADABLE"
  | "DEADLINE_EXCEEDED"
  | "ABORTED"
  | "MODULE_EXITED"
  | "MODULE_HUNG"
  | "MODULE_START_FAILED"
  | "MODULE_START_TIMEOUT"
  | "MODULE_HANDSHAKE_FAILED"
  | "MODULE_NOT_READY"
  | "MODULE_UNKNOWN"
  | "MODULE_CALL_FAILED"
  | "METHOD_UNIMPLEMENTED"
  | "FIRST_RUN_FAILED"
  | "RESOURCE_INVALID"
  | "RESOURCE_UNKNOWN"
  | "RESOURCE_NOT_READY"
  | "RESOURCE_BUILD_FAILED"
  | "STORE_FAILED"
  | "LISTEN_FAILED"
  | "GPIO_CHIP_MISSING"
  | "GPIO_LINE_MISSING"
  | "GPIO_LINE_BUSY"
  | "GPIO_PERMISSION"
  | "GPIO_UNSUPPORTED"
  | "GPIO_FAILED"
  | "PWM_CHIP_MISSING"
  | "PWM_CHANNEL_BUSY"
  | "PWM_PERMISSION"
  | "PWM_UNSUPPORTED"
  | "PWM_FAILED"
  | "HARDWARE_LIBRARY_MISSING"
  | "I2C_NO_ANSWER"
  | "I2C_ARBITRATION_LOST"
  | "I2C_BUS_HELD"
  | "I2C_ADDRESS_BUSY"
  | "I2C_PERMISSION"
  | "I2C_BUS_MISSING"
  | "I2C_UNSUPPORTED"
  | "I2C_SHORT"
  | "I2C_FAILED"
  | "SERIAL_NOT_CONNECTED"
  | "SERIAL_BUSY"
  | "SERIAL_PERMISSION"
  | "SERIAL_TIMEOUT"
  | "SERIAL_FAILED"
  | "ONEWIRE_MISSING"
  | "ONEWIRE_CHECKSUM"
  | "ONEWIRE_FAILED"
  | "USAGE"
  | "INTERNAL";

export class PinionError extends Error {
  override readonly name: string = "PinionError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Narrows `error` to a PinionError, with `code` given to one of that code. */
export function isPinionError(error: unknown, code?: ErrorCode): error is PinionError {
  return error instanceof PinionError && (code === undefined || error.code === code);
}

/** One line of text for anything that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message === "" ? error.name : error.message;
  return String(error);
}

/** `EACCES` of whatever was thrown; empty when it is not the system's. */
export function systemCode(error: unknown): string {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}
