/** Where the kernel's files are. Parameters, so that captured trees can stand in for hardware. */

export interface Roots {
  readonly sys: string;
  readonly dev: string;
  readonly proc: string;
}

export const SYSTEM_ROOTS: Roots = { sys: "/sys", dev: "/dev", proc: "/proc" };
