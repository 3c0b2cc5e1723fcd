/** Durations in milliseconds, branded so that they cannot be mixed up with other numbers. */

declare const millisBrand: unique symbol;
export type Millis = number & { readonly [millisBrand]: true };

export function millis(value: number): Millis {
  return value as Millis; // the brand's constructor
}

export function seconds(value: number): Millis {
  return millis(value * 1000);
}

export function minutes(value: number): Millis {
  return millis(value * 60_000);
}
