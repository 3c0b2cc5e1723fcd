/** What can go wrong on the fake bus, as the kernel reports it. */

/** `short`: a read gives one byte less, a write takes one less. `failed`: EIO. */
export type FakeFault =
  | "no-answer"
  | "arbitration-lost"
  | "bus-held"
  | "address-busy"
  | "permission"
  | "bus-missing"
  | "unsupported"
  | "short"
  | "failed";

const ERRNO: Readonly<Record<Exclude<FakeFault, "short">, { readonly code: string; readonly syscall: string }>> = {
  "no-answer": { code: "EREMOTEIO", syscall: "readByte" },
  "arbitration-lost": { code: "EAGAIN", syscall: "readByte" },
  "bus-held": { code: "ETIMEDOUT", syscall: "readByte" },
  "address-busy": { code: "EBUSY", syscall: "setAddr" },
  permission: { code: "EACCES", syscall: "open" },
  "bus-missing": { code: "ENOENT", syscall: "open" },
  unsupported: { code: "ENOTSUP", syscall: "readByte" },
  failed: { code: "EIO", syscall: "readByte" },
};

export function fakeError(fault: Exclude<FakeFault, "short">): Error {
  const { code, syscall } = ERRNO[fault];
  return Object.assign(new Error(`${code}, ${syscall}`), { code, syscall });
}

/** For chips: thrown from `read` or `write`, it is a transfer that was not acknowledged. */
export function fakeNoAnswer(): Error {
  return fakeError("no-answer");
}

export function isRetried(fault: FakeFault): boolean {
  return fault === "no-answer" || fault === "arbitration-lost";
}
