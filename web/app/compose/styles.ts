/**
 * What a letter may look like. In the editor it is a class, because the page's policy forbids style in markup; in the
 * letter it is a style, because the programs of the readers know no classes of ours.
 */
export const styles: Readonly<Record<string, string>> = {
  'ink-red': 'color:#b3261e',
  'ink-orange': 'color:#a15c00',
  'ink-green': 'color:#1f7a3d',
  'ink-blue': 'color:#1d4ed8',
  'ink-grey': 'color:#5f6368',
  'size-small': 'font-size:0.85em',
  'size-large': 'font-size:1.3em',
}

export const inks = ['ink-red', 'ink-orange', 'ink-green', 'ink-blue', 'ink-grey'] as const
export const sizes = ['size-small', 'size-large'] as const

/** Parts of a letter that are found again when it is written on. */
export const signatureClass = 'signature'
export const quotedClass = 'quoted'

/** How elements look where the reader's program would not know. */
export const elementStyles: Readonly<Record<string, string>> = {
  blockquote: 'margin:0 0 0 0.4em;padding-left:0.8em;border-left:2px solid #b9c2bd',
  pre: 'font-family:monospace;white-space:pre-wrap',
}

/** The class for a style that somebody's program wrote, if it is one we have. */
export function classFor(style: string): string | undefined {
  const plain = style.replace(/\s+/g, '').replace(/;$/, '').toLowerCase()
  return Object.keys(styles).find((name) => styles[name] === plain)
}
