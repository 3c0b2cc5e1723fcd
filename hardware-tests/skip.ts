/** Says that nothing could be tested here, as `node --test` would. */
export function skip(what: string, reason: string): void {
  process.stdout.write(`ok 1 - ${what} # SKIP ${reason}\n# tests 1\n# pass 0\n# fail 0\n# cancelled 0\n# skipped 1\n# todo 0\n`);
}
