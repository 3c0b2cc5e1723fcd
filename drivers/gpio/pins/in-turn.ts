/** Calls that must not overlap: each begins when the one before has ended, however that ended. */

export function inTurn(): <T>(call: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(call: () => Promise<T>): Promise<T> => {
    const result = last.then(call);
    last = result.catch(() => undefined); // the caller has the error
    return result;
  };
}
