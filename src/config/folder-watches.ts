/** Watches the folders on the way to one file: each one in which a name is looked up that leads there, links included. */
import { type FSWatcher, lstatSync, readlinkSync, statSync, watch } from "node:fs";
import path from "node:path";

// As many links in a row as Linux follows.
const MAX_LINKS = 40;

interface Watched {
  readonly watcher: FSWatcher;
  /** Device and inode: a folder replaced by another of the same name must be watched anew. */
  readonly identity: string;
  names: ReadonlySet<string>;
}

export class FolderWatches {
  readonly #file: string;
  readonly #onEvent: () => void;
  readonly #watched = new Map<string, Watched>();

  constructor(file: string, onEvent: () => void) {
    this.#file = path.resolve(file);
    this.#onEvent = onEvent;
  }

  /** Looks at the way again and watches what it now goes through. */
  arm(): void {
    const wanted = foldersTo(this.#file);
    for (const [folder, { watcher, identity }] of this.#watched) {
      if (wanted.has(folder) && identityOf(folder) === identity) continue;
      watcher.close();
      this.#watched.delete(folder);
    }
    for (const [folder, names] of wanted) {
      const watched = this.#watched.get(folder);
      if (watched !== undefined) watched.names = names;
      else this.#open(folder, names);
    }
  }

  close(): void {
    for (const { watcher } of this.#watched.values()) watcher.close();
    this.#watched.clear();
  }

  #open(folder: string, names: ReadonlySet<string>): void {
    const identity = identityOf(folder);
    if (identity === undefined) return;
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        // Other files of a busy folder do not concern us. The folder's own name means that it was moved or deleted.
        if (name === null || this.#watched.get(folder)?.names.has(name) === true || name === path.basename(folder)) this.#onEvent();
      });
      watcher.on("error", () => this.#forget(folder));
      this.#watched.set(folder, { watcher, identity, names });
    } catch {
      // No watch to be had (too many, or a file system without): the slow look at the file remains.
    }
  }

  #forget(folder: string): void {
    this.#watched.get(folder)?.watcher.close();
    this.#watched.delete(folder);
    this.#onEvent();
  }
}

function identityOf(folder: string): string | undefined {
  try {
    const { dev, ino } = statSync(folder);
    return `${dev} ${ino}`;
  } catch {
    return undefined;
  }
}

/** Folder to the names in it that matter: where the file is, where a link on the way is, or the last folder before a step that is missing. */
function foldersTo(file: string): ReadonlyMap<string, ReadonlySet<string>> {
  const folders = new Map<string, Set<string>>();
  const note = (folder: string, name: string): void => {
    const names = folders.get(folder);
    if (names === undefined) folders.set(folder, new Set([name]));
    else names.add(name);
  };
  const { root } = path.parse(file);
  let folder = root;
  let steps = file.slice(root.length).split(path.sep);
  for (let links = 0; ; ) {
    const [name, ...rest] = steps;
    if (name === undefined) return folders;
    const next = path.join(folder, name);
    const target = linkTarget(next);
    if (target === "missing" || rest.length === 0) note(folder, name);
    if (target === "missing") return folders;
    if (target === undefined) {
      folder = next;
      steps = rest;
      continue;
    }
    note(folder, name);
    links += 1;
    if (links > MAX_LINKS) return folders;
    const resolved = path.resolve(folder, target.to);
    folder = path.parse(resolved).root;
    steps = [
      ...resolved
        .slice(folder.length)
        .split(path.sep)
        .filter((step) => step !== ""),
      ...rest,
    ];
  }
}

function linkTarget(file: string): { readonly to: string } | "missing" | undefined {
  try {
    return lstatSync(file).isSymbolicLink() ? { to: readlinkSync(file) } : undefined;
  } catch {
    return "missing";
  }
}
