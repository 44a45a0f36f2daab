/**
 * JSON in which an object whose only key begins with `$` stands for a value
 * that JSON lacks, as laid down for `Variable.value_json` in the protocol.
 */
export type TaggedJson =
  | null
  | boolean
  | number
  | string
  | readonly TaggedJson[]
  | { readonly [key: string]: TaggedJson };
