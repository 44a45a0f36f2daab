import { execFileSync } from 'node:child_process';
import { mkdirSync, statfsSync } from 'node:fs';

const ROOM = '4g';

/** A directory that can be made full, where the system lets us have one of our own. */
export class Disk {
  private readonly mounted: boolean;

  constructor(readonly dir: string) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    this.mounted = run('mount', '-t', 'tmpfs', '-o', `size=${ROOM},mode=700`, 'tmpfs', dir);
  }

  /** Whether it can be made full. */
  get canBeFull(): boolean {
    return this.mounted;
  }

  /** No more can be written than is there. */
  fill(): void {
    if (!this.mounted) return;
    const { blocks, bfree, bsize } = statfsSync(this.dir);
    this.resize(String((blocks - bfree) * bsize));
  }

  /** There is room again. */
  clear(): void {
    if (this.mounted) this.resize(ROOM);
  }

  remove(): void {
    if (this.mounted) run('umount', '--lazy', this.dir);
  }

  private resize(size: string): void {
    run('mount', '-o', `remount,size=${size}`, this.dir);
  }
}

function run(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
