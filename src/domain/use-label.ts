/** What lineage calls a version that a step asked for itself: `use_artifact(NAME)`. @param qualifiedName `entity/project/name:vN` */
export function useLabel(qualifiedName: string): string {
  const name = qualifiedName.slice(qualifiedName.lastIndexOf('/') + 1).replace(/:[^:]*$/, '');
  return `use_artifact(${name})`;
}
