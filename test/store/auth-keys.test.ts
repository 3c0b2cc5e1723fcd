import assert from "node:assert/strict";
import test from "node:test";
import { systemClock } from "../../src/base/clock.js";
import { silentLogger } from "../../src/base/logger.js";
import { openStore } from "../../src/store/open-store.js";
import { tempFolder } from "../support/temp-folder.js";

test("keys are there after the store was opened again, and gone once removed", async (t) => {
  const folder = tempFolder(t);
  const open = () => openStore({ folder, clock: systemClock, logger: silentLogger });
  const first = await open();
  first.authKeys.add({ id: "a", name: "laptop", role: "operator", secretSha256: "00ff" });
  first.authKeys.add({ id: "b", name: "", role: "viewer", secretSha256: "ff00" });
  first.close();

  const second = await open();
  assert.deepEqual(
    second.authKeys.all().map(({ id, name, role, secretSha256 }) => [id, name, role, secretSha256]),
    [
      ["a", "laptop", "operator", "00ff"],
      ["b", "", "viewer", "ff00"],
    ],
  );
  assert.equal(second.authKeys.find("b")?.role, "viewer");
  second.authKeys.remove("b");
  assert.equal(second.authKeys.find("b"), undefined);
  second.close();
});
