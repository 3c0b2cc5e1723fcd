// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the format's own variables, not JavaScript's.
import assert from "node:assert/strict";
import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type Clock, systemClock } from "../../src/base/clock.js";
import { isPinionError } from "../../src/base/errors.js";
import { millis } from "../../src/base/millis.js";
import { type WatchConfigOptions, watchConfig } from "../../src/config/watch-config.js";
import { eventually } from "../support/eventually.js";
import { tempFolder } from "../support/temp-folder.js";

const text = (revision: number | string): string => JSON.stringify({ revision: String(revision) });

interface Watched {
  readonly changes: readonly string[];
  readonly failures: readonly unknown[];
  sees(...texts: readonly string[]): Promise<void>;
  close(): void;
}

/** Keeps the process alive itself: the watch does not. */
function startWatch(t: TestContext, file: string, options: Partial<WatchConfigOptions> = {}): Watched {
  const changes: string[] = [];
  const failures: unknown[] = [];
  const watch = watchConfig({
    path: file,
    clock: systemClock,
    // So slow that whatever is seen was told by an event.
    pollInterval: millis(1_000_000),
    onChange: (changed) => changes.push(changed),
    onError: (error) => failures.push(error),
    ...options,
  });
  t.after(() => watch.close());
  return {
    changes,
    failures,
    sees: async (...texts) => {
      await eventually(`changes to be ${JSON.stringify(texts)}, they are ${JSON.stringify(changes)}`, () => changes.length >= texts.length);
      assert.deepEqual(changes, texts);
    },
    close: () => watch.close(),
  };
}

function configFile(t: TestContext): string {
  const file = path.join(tempFolder(t), "machine.json");
  writeFileSync(file, text(0));
  return file;
}

function replace(file: string, content: string): void {
  writeFileSync(`${file}.new`, content);
  renameSync(`${file}.new`, file);
}

describe("watchConfig sees a file", () => {
  test("that is written in place, again and again", async (t) => {
    const file = configFile(t);
    const watched = startWatch(t, file);
    writeFileSync(file, text(1));
    await watched.sees(text(1));
    writeFileSync(file, text(2));
    await watched.sees(text(1), text(2));
  });

  test("that is replaced by rename, again and again", async (t) => {
    const file = configFile(t);
    const watched = startWatch(t, file);
    replace(file, text(1));
    await watched.sees(text(1));
    replace(file, text(2));
    await watched.sees(text(1), text(2));
    writeFileSync(file, text(3));
    await watched.sees(text(1), text(2), text(3));
  });

  test("that is deleted and made anew", async (t) => {
    const file = configFile(t);
    const watched = startWatch(t, file);
    unlinkSync(file);
    writeFileSync(file, text(1));
    await watched.sees(text(1));
    assert.deepEqual(watched.failures, []);
  });

  test("behind a symlink, when its target is written and when the link is moved", async (t) => {
    const folder = tempFolder(t);
    const link = path.join(folder, "machine.json");
    for (const name of ["a", "b"]) {
      mkdirSync(path.join(folder, name));
      writeFileSync(path.join(folder, name, "real.json"), text(name));
    }
    symlinkSync("a/real.json", link);
    const watched = startWatch(t, link);
    writeFileSync(path.join(folder, "a", "real.json"), text(1));
    await watched.sees(text(1));
    symlinkSync("b/real.json", `${link}.new`);
    renameSync(`${link}.new`, link);
    await watched.sees(text(1), text("b"));
    writeFileSync(path.join(folder, "b", "real.json"), text(2));
    await watched.sees(text(1), text("b"), text(2));
  });

  test("in a folder that is swapped as Kubernetes does", async (t) => {
    const folder = tempFolder(t);
    const publish = (version: number): void => {
      mkdirSync(path.join(folder, `..v${version}`));
      writeFileSync(path.join(folder, `..v${version}`, "machine.json"), text(version));
      symlinkSync(`..v${version}`, path.join(folder, "..data_tmp"));
      renameSync(path.join(folder, "..data_tmp"), path.join(folder, "..data"));
      rmSync(path.join(folder, `..v${version - 1}`), { recursive: true, force: true });
    };
    publish(1);
    symlinkSync("..data/machine.json", path.join(folder, "machine.json"));
    const watched = startWatch(t, path.join(folder, "machine.json"));
    publish(2);
    await watched.sees(text(2));
    publish(3);
    await watched.sees(text(2), text(3));
  });

  test("whose folder is replaced", async (t) => {
    const root = tempFolder(t);
    const folder = path.join(root, "etc");
    mkdirSync(folder);
    writeFileSync(path.join(folder, "machine.json"), text(0));
    const watched = startWatch(t, path.join(folder, "machine.json"));
    mkdirSync(path.join(root, "next"));
    writeFileSync(path.join(root, "next", "machine.json"), text(1));
    renameSync(folder, path.join(root, "old"));
    renameSync(path.join(root, "next"), folder);
    await watched.sees(text(1));
    writeFileSync(path.join(folder, "machine.json"), text(2));
    await watched.sees(text(1), text(2));
  });

  test("whose folders come later", async (t) => {
    const root = tempFolder(t);
    const file = path.join(root, "a", "b", "machine.json");
    const watched = startWatch(t, file);
    await eventually("the missing file to be told", () => watched.failures.length === 1);
    assert.ok(isPinionError(watched.failures[0], "CONFIG_UNREADABLE"));
    mkdirSync(path.join(root, "a"));
    await delay(50); // so that the folder is noticed before the next
    mkdirSync(path.join(root, "a", "b"));
    await delay(50);
    writeFileSync(file, text(1));
    await watched.sees(text(1));
    assert.equal(watched.failures.length, 1);
  });

  test("that changed without an event, by looking now and then", async (t) => {
    const file = configFile(t);
    const elsewhere = path.join(tempFolder(t), "hard-link.json");
    linkSync(file, elsewhere);
    const watched = startWatch(t, file, { pollInterval: millis(20) });
    writeFileSync(elsewhere, text("through another name"));
    await watched.sees(text("through another name"));
  });

  test("that changed between the caller's reading and the watch", async (t) => {
    const watched = startWatch(t, configFile(t), { current: text("older") });
    await watched.sees(text(0));
  });
});

describe("watchConfig", () => {
  test("ignores identical bytes, however they got there", async (t) => {
    const file = configFile(t);
    const watched = startWatch(t, file);
    writeFileSync(file, text(0));
    await delay(60);
    replace(file, text(0));
    await delay(60);
    writeFileSync(path.join(path.dirname(file), "other.json"), text(9));
    replace(file, text(1));
    await watched.sees(text(1));
  });

  test("waits for a writer in the middle of its work", async (t) => {
    const file = configFile(t);
    const patient: Clock = { ...systemClock, after: (pause, action, options) => systemClock.after(millis(pause * 30), action, options) };
    const watched = startWatch(t, file, { clock: patient, debounce: millis(0) });
    for (const part of ["", '{"revision"', ':"1"', "}"]) {
      writeFileSync(file, part, { flag: part === "" ? "w" : "a" });
      await delay(40);
    }
    await watched.sees(text(1));
  });

  test("tells a text that is no JSON once it stays so", async (t) => {
    const file = configFile(t);
    const watched = startWatch(t, file);
    writeFileSync(file, '{"revision": ');
    await watched.sees('{"revision": ');
    writeFileSync(file, text(0));
    await watched.sees('{"revision": ', text(0));
  });

  test("takes bare variables for values, not for a text half written", async (t) => {
    const file = configFile(t);
    const watched = startWatch(t, file);
    writeFileSync(file, '{"debug": ${DEBUG:-false}, "network": $NETWORK}');
    await watched.sees('{"debug": ${DEBUG:-false}, "network": $NETWORK}');
  });

  test("tells once that the file is gone, and then that it is back, changed or not", async (t) => {
    const file = configFile(t);
    const watched = startWatch(t, file);
    unlinkSync(file);
    await eventually("the missing file to be told", () => watched.failures.length === 1);
    writeFileSync(file, text(0));
    await watched.sees(text(0));
    assert.equal(watched.failures.length, 1);
  });

  test("is silent once closed", async (t) => {
    const file = configFile(t);
    const watched = startWatch(t, file);
    const witness = startWatch(t, file);
    writeFileSync(file, text(1));
    watched.close();
    watched.close();
    await witness.sees(text(1));
    await delay(100);
    assert.deepEqual(watched.changes, []);
  });

  test("follows hundreds of quick changes to the last", async (t) => {
    const file = configFile(t);
    const watched = startWatch(t, file);
    for (let revision = 1; revision <= 300; revision += 1) {
      if (revision % 3 === 0) writeFileSync(file, text(revision));
      else replace(file, text(revision));
      if (revision % 20 === 0) await delay(2);
    }
    await eventually("the last change", () => watched.changes.at(-1) === text(300));
  });
});
