/** A button that counts how often it was pushed; its status tells. */
import type { Button } from "pinion/sdk";

export function create(): Button {
  let pushes = 0;
  return {
    push: async () => {
      pushes += 1;
    },
    getStatus: async () => ({ pushes }),
  };
}
