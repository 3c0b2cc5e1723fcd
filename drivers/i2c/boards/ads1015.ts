/** An ADS1015: an ADS1115 with 12 bits, and faster. */
export { ads1015Schema as schema, createAds1015 as create, validate } from "./ads1115.js";
