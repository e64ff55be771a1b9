/**
 * The access log: every look at a person's data by those who run the service, chained by hash, and shown to the person. Writes the
 * tables access_chain, access_entry and access_head.
 */
export { BY, FIELDS, Reason, type AccessReason, type Entry, type Field } from './entry.ts'
export { EVERYBODY, recordAccess, type Access } from './record.ts'
export { countAccesses, digestsFrom, ownAccesses, type OwnAccess } from './own.ts'
export { publishedHeads, publishHead, type Head, type PublishedHeads } from './head.ts'
export { checkChain, type Checked } from './check.ts'
