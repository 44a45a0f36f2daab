/** Tells the time. */
export interface Clock {
  /** Unix time in milliseconds. */
  nowMs(): number;
}
