/**
 * The number and the day that the texts have on a server that has kept none yet. From then on the server counts by itself: what
 * says something else than before gets the next number (`versions.ts`).
 */
export const documents = {
  policy: { version: 5, date: '2026-11-30' },
  terms: { version: 2, date: '2026-11-29' },
} as const satisfies Record<string, { version: number; date: string }>

export type DocumentName = keyof typeof documents

export const documentNames = Object.keys(documents) as DocumentName[]

/** A version of each document, by number. */
export type Versions = Record<DocumentName, number>
