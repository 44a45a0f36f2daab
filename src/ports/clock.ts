/** Tells the time. */
export interface Clock {
  /** Unix time in milliseconds. */
  nowMs(): number;
  /**
   * Milliseconds that only grow, at their pace, whatever is done to the clock
   * on the wall: for waiting. They begin anew with each process.
   */
  steadyMs(): number;
}
