import { isSidecarError } from '../domain/errors.js';

/** Says what is to become of an upload that needs blobs which are gone. */
export class GoneBlobs {
  private readonly found: string[] = [];

  /** @param leaveOut true: what needs them is left out, and noted; false: the upload fails */
  constructor(private readonly leaveOut: boolean) {}

  /** One line for each thing that was left out. */
  get problems(): readonly string[] {
    return this.found;
  }

  /** Makes something that needs blobs; nothing where it is left out. @throws SidecarError where a blob is gone */
  async unlessGone<T>(what: string, make: () => Promise<T>): Promise<T[]> {
    try {
      return [await make()];
    } catch (error) {
      const isGone = isSidecarError(error, 'blob-missing') || isSidecarError(error, 'blob-corrupt');
      if (!this.leaveOut || !isGone) throw error;
      this.found.push(`${what}: left out, ${error.message}`);
      return [];
    }
  }
}
