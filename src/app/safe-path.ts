/** Tells whether a path is relative and of plain parts: nothing absolute, no `..`. */
export function isSafePath(path: string, maxLength: number): boolean {
  if (path === '' || path.length > maxLength || path.includes('\0')) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
