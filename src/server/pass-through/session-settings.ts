/** Settings that both legs share. */

/** Node counts queued data against this and refuses streams beyond it; windows and message limits are what bounds us. */
export const MAX_SESSION_MEGABYTES: number = 1024;
