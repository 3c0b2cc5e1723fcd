/** The numbers of the wire and of our own patience. */
import { type Millis, minutes, seconds } from "../base/millis.js";

/** 32 MiB, the limit of all official clients and servers. */
export const MAX_MESSAGE_BYTES: number = 32 * 1024 * 1024;
/** What a unary call gets whose caller set no deadline. */
export const DEFAULT_UNARY_TIMEOUT: Millis = minutes(10);
/** How long a connection may take to say which protocol it speaks. */
export const SNIFF_TIMEOUT: Millis = seconds(20);
/** How long a request over HTTP/1.1 may take to come in. */
export const BODY_TIMEOUT: Millis = minutes(5);
/** Calls in flight per resource and service when the environment says nothing else. */
export const DEFAULT_IN_FLIGHT_LIMIT: number = 100;
/** Streams assumed to be allowed by a module before it said so: grpclib ends the connection on the 101st. */
export const ASSUMED_STREAMS: number = 100;
export const STREAM_WINDOW_BYTES: number = 256 * 1024;
export const CONNECTION_WINDOW_BYTES: number = 16 * 1024 * 1024;
