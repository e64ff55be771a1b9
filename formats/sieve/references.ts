/** A variable in a string: its name in lower case, with its namespaces; of a match variable the group as well. */
export interface Reference {
  name: string
  group?: number
}

// RFC 5229 §3: namespace = identifier "." *sub-namespace, variable-name = 1*DIGIT / identifier.
const REFERENCE = /\$\{((?:[a-z_]\w*\.(?:(?:\d+|[a-z_]\w*)\.)*)?(?:\d+|[a-z_]\w*))\}/gi
const NAME = /^[a-z_]\w*$/i

/**
 * Splits a string into text and references to variables (RFC 5229 §3). What begins with "${" and is none is text. One pass, linear.
 * @returns pieces in their order, no empty text among them
 */
export function parseReferences(text: string): (string | Reference)[] {
  const pieces: (string | Reference)[] = []
  let from = 0
  for (const found of text.matchAll(REFERENCE)) {
    if (found.index > from) pieces.push(text.slice(from, found.index))
    const name = found[1]!.toLowerCase()
    // RFC 5229 §3.2: leading zeros count for nothing.
    pieces.push(/^\d+$/.test(name) ? { name, group: Number(name) } : { name })
    from = found.index + found[0].length
  }
  if (from < text.length) pieces.push(text.slice(from))
  return pieces
}

/** Whether something may be the name of a variable that scripts set. RFC 5229 §4, RFC 6609 §3.4.2. */
export function isVariableName(text: string): boolean {
  return NAME.test(text)
}
