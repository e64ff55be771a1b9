/**
 * The versions in force. Whoever changes a text so that it says something else gives it the next number and the day: what
 * people agreed to is kept by number.
 */
export const documents = {
  policy: { version: 2, date: '2026-11-29' },
  terms: { version: 1, date: '2026-11-22' },
} as const satisfies Record<string, { version: number; date: string }>

export type DocumentName = keyof typeof documents

/** A version of each document. */
export type Versions = Record<DocumentName, number>
