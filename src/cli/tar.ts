/** A tar archive of a few small files (POSIX ustar). */

export interface TarFile {
  /** At most 100 ASCII letters. */
  readonly name: string;
  readonly content: Uint8Array;
}

const BLOCK = 512;

export function tar(files: readonly TarFile[], time: Date): Buffer {
  const parts = files.flatMap(({ name, content }) => {
    const rest = content.length % BLOCK;
    return [header(name, content.length, time), content, Buffer.alloc(rest === 0 ? 0 : BLOCK - rest)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function header(name: string, size: number, time: Date): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, width: number): string =>
    `${Math.max(0, value)
      .toString(8)
      .padStart(width - 1, "0")}\0`;
  block.write(name, 0, 100, "ascii");
  block.write(octal(0o600, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(Math.floor(time.getTime() / 1000), 12), 136);
  // While the sum is made its own place counts as blanks.
  block.write(" ".repeat(8), 148);
  block.write("0", 156);
  block.write("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}
