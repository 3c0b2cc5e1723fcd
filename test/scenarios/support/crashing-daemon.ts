/** The daemon with an error in it that nobody expects: SIGUSR2 makes it happen. */
process.on("SIGUSR2", () => {
  throw new Error("nobody expected this");
});
await import("../../../src/bin.js");
