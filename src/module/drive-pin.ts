/** The two calls to a board that make a pin safe, written by hand: at that moment nothing is to be loaded. */
import { BinaryWriter } from "@bufbuild/protobuf/wire";

const SERVICE = "/viam.component.board.v1.BoardService";

export interface PinCall {
  readonly path: string;
  readonly request: Uint8Array;
}

/** SetGPIO: name 1, pin 2, high 3. */
export function setGpioCall(board: string, pin: string, isHigh: boolean): PinCall {
  const request = new BinaryWriter().tag(1, 2).string(board).tag(2, 2).string(pin);
  return { path: `${SERVICE}/SetGPIO`, request: (isHigh ? request.tag(3, 0).bool(true) : request).finish() };
}

/** SetPWM with a duty cycle of 0, which is what the wire leaves out: name 1, pin 2. */
export function pwmOffCall(board: string, pin: string): PinCall {
  return { path: `${SERVICE}/SetPWM`, request: new BinaryWriter().tag(1, 2).string(board).tag(2, 2).string(pin).finish() };
}
