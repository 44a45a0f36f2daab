/** Waits until all have ended, so that one that fails keeps none of the others, and then fails as the first that did. */
export async function allOf(work: readonly (Promise<unknown> | null | undefined)[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}
