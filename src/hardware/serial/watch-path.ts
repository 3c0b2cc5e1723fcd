/** Tells when a file may have come, by watching its folder, or the nearest one there is. */
import { existsSync, type FSWatcher, watch } from "node:fs";
import path from "node:path";

/** Returns what ends it. Says nothing when the kernel has no watches left: callers look again by themselves. `isName`: of the file, where it may have several. */
export function watchPath(
  file: string,
  onChange: () => void,
  isName: (name: string) => boolean = (name) => name === path.basename(file),
): () => void {
  let watched: string | undefined;
  let watcher: FSWatcher | undefined;
  let isEnded = false;

  // udev removes /dev/serial with the last USB adapter and makes it again with the next.
  const follow = (): void => {
    const folder = nearestFolder(file);
    if (isEnded || folder === watched) return;
    watcher?.close();
    watched = undefined;
    try {
      watcher = watch(folder, { persistent: false }, (event, name) => {
        // Only comings and goings: contents and attributes of what is in /dev change all the time.
        if (event !== "rename") return;
        const isFolder = folder !== path.dirname(file);
        follow();
        if (!isEnded && (isFolder || name === null || isName(name))) onChange();
      });
      watcher.on("error", () => watcher?.close());
      watched = folder;
    } catch {
      watcher = undefined; // gone again, or no watches left
    }
  };
  follow();
  return () => {
    isEnded = true;
    watcher?.close();
  };
}

function nearestFolder(file: string): string {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    if (existsSync(folder) || folder === path.dirname(folder)) return folder;
  }
}
