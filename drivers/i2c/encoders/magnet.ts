/** What magnetic encoders say of their angle and of the magnet they look at. */

export interface MagnetReading {
  /** Of a turn, 0 up to 1. */
  readonly angle: number;
  /** Why the angle is worth nothing. */
  readonly problem: string | undefined;
  /** What makes it less exact. */
  readonly concern: string | undefined;
}

/** AS5600: `status` register 0x0B, `high` and `low` 0x0C and 0x0D, 12 bits. */
export function parseAs5600(status: number, high: number, low: number): MagnetReading {
  const isSeen = (status & 0x20) !== 0;
  const isWeak = (status & 0x10) !== 0;
  const isStrong = (status & 0x08) !== 0;
  return {
    angle: (((high & 0x0f) << 8) | low) / 4096,
    problem: !isSeen ? "no magnet is seen" : isWeak ? "the magnet is too weak or too far away" : undefined,
    concern: isStrong ? "the magnet is too strong or too near" : undefined,
  };
}

/** AS5048B: `diagnostics` register 0xFB, `high` 0xFE holds bits 13 to 6 and `low` 0xFF bits 5 to 0. */
export function parseAs5048(diagnostics: number, high: number, low: number): MagnetReading {
  const isReady = (diagnostics & 0x01) !== 0;
  const isOverflown = (diagnostics & 0x02) !== 0;
  const isStrong = (diagnostics & 0x04) !== 0;
  const isWeak = (diagnostics & 0x08) !== 0;
  const problem = !isReady
    ? "it has not finished its offset compensation"
    : isOverflown
      ? "its angle overflowed"
      : isWeak
        ? "the magnet is missing, too weak or too far away"
        : undefined;
  return {
    angle: ((high << 6) | (low & 0x3f)) / 16384,
    problem,
    concern: isStrong ? "the magnet is too strong or too near" : undefined,
  };
}
