/** How much and how long the server puts up with. */
import { type Millis, minutes, seconds } from "../base/millis.js";

/** What a unary call gets whose caller set no deadline. */
export const DEFAULT_UNARY_TIMEOUT: Millis = minutes(10);
/** How long a connection may take to say which protocol it speaks. */
export const SNIFF_TIMEOUT: Millis = seconds(20);
/** How long a request over HTTP/1.1 may take to come in. */
export const BODY_TIMEOUT: Millis = minutes(5);
/** Calls in flight per resource and service when the environment says nothing else. */
export const DEFAULT_IN_FLIGHT_LIMIT: number = 100;
