/** The first router backend for tests; nothing else opens it. */
import type { OpenBackend } from "../../../src/server/router-backend.js";

export const openPassThrough: OpenBackend = async (options) => {
  const { PassThrough } = await import("../../../src/server/pass-through/pass-through.js");
  return new PassThrough(options);
};
