/**
 * What is held about somebody: every category with its fields, number, purpose, place and end; how it vanishes before its time; and
 * all of it as one file. The list of categories is compared with the database, so that none can be forgotten.
 */
export { readHeld, refuseUnpromisedPurposes, type Held } from './held.ts'
export { declaredCategories } from './declared.ts'
export { heldArchive } from './file/archive.ts'
export { vanish, type Bar } from './vanish.ts'
export type { HeldContext } from './category.ts'
