/** Where a module is to listen: a fresh short socket path at every start, or a free TCP port. */
import { randomInt } from "node:crypto";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { PinionError } from "../base/errors.js";
import type { ModuleAddress } from "./module-arguments.js";

// sockaddr_un holds 104 bytes on macOS and 108 on Linux, with the closing zero.
const MAX_PATH_BYTES = 103;
const MAX_NAME = 20;
const RANDOM_LETTERS = 5;
const ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** A path that is not in use, or undefined when the folder's own path leaves no room for one. */
export function socketAddress(folder: string, module: string): ModuleAddress | undefined {
  const room = MAX_PATH_BYTES - Buffer.byteLength(path.join(folder, `-${"x".repeat(RANDOM_LETTERS)}.sock`));
  if (room < 1) return undefined;
  const short = module.slice(0, Math.min(room, MAX_NAME));
  for (;;) {
    const text = path.join(folder, `${short}-${randomLetters()}.sock`);
    if (!existsSync(text)) return { text, isTcp: false };
  }
}

/** Asks the system for a free port. Somebody else may take it before the module does; the module then fails to start and is tried again. */
export function tcpAddress(): Promise<ModuleAddress> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (cause) => reject(new PinionError("MODULE_START_FAILED", "found no free TCP port on 127.0.0.1", { cause })));
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" ? address?.port : undefined;
      server.close(() => resolve({ text: `127.0.0.1:${port}`, isTcp: true }));
    });
  });
}

function randomLetters(): string {
  return Array.from({ length: RANDOM_LETTERS }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
}
