/** Waits for a port to open when a resource is built. */
import type { SerialLink } from "pinion/hardware";
import { unavailable } from "pinion/sdk";

const TIMEOUT = 2000;

/** Rejects with the port's own reason as soon as it is known, and names the attribute. The supervisor builds again later. */
export async function untilConnected(
  link: SerialLink,
  { attribute, signal }: { readonly attribute: string; readonly signal: AbortSignal },
): Promise<void> {
  if (link.isConnected) return;
  const ending = new AbortController();
  const stop = link.onState((state) => {
    if (!state.isConnected) ending.abort(state.error);
  });
  try {
    await link.connected(AbortSignal.any([signal, ending.signal, AbortSignal.timeout(TIMEOUT)]));
  } catch (error) {
    signal.throwIfAborted();
    // A port that another resource has waited for is silent; only a write says why.
    const cause = ending.signal.aborted ? error : await reasonOf(link, error);
    throw unavailable(`${attribute}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  } finally {
    stop();
  }
}

async function reasonOf(link: SerialLink, fallback: unknown): Promise<unknown> {
  try {
    await link.write(new Uint8Array(0));
    return fallback;
  } catch (error) {
    return error;
  }
}
