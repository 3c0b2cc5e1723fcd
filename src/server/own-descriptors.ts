/** The descriptors of our own .proto files, loaded at the first question. */
import { addOwnDescriptors, DescriptorIndex } from "../proto/descriptor-index.js";

export function ownDescriptors(): () => Promise<DescriptorIndex> {
  let loading: Promise<DescriptorIndex> | undefined;
  return () => {
    loading ??= (async () => {
      const index = new DescriptorIndex();
      await addOwnDescriptors(index);
      return index;
    })();
    return loading;
  };
}
