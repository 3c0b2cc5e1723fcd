/** A gripper that finds something to hold whenever it grabs. */
import type { Gripper } from "./apis.js";

export function create(): Gripper {
  let isHolding = false;
  const stopped = async (): Promise<Record<string, never>> => ({});
  return {
    open: async () => {
      isHolding = false;
      return {};
    },
    grab: async () => {
      isHolding = true;
      return { success: true };
    },
    stop: stopped,
    isMoving: async () => ({ isMoving: false }),
    isHoldingSomething: async () => ({ isHoldingSomething: isHolding }),
    getStatus: async () => ({ is_holding_something: isHolding }),
  };
}
