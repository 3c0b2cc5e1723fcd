// The same in a page: asks the page's own server for the targets and posts the outcomes to it.
import * as viam from "@viamrobotics/sdk";
import { driveAll } from "./drive.mjs";

const targets = await (await fetch("/targets")).json();
const outcomes = await driveAll(viam, targets).catch((error) => ({ page: { error: String(error?.stack ?? error) } }));
await fetch("/outcomes", { method: "POST", body: JSON.stringify(outcomes) });
