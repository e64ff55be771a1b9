import type { Recipient } from './addresses.ts'
import type { Field } from './draft.svelte.ts'

/** Who is being dragged from one field to another. */
export const carried: { recipient: { one: Recipient; from: Field } | undefined } = { recipient: undefined }
