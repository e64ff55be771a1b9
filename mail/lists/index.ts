/**
 * Distribution lists: an address here with members here and elsewhere. A list is its owner's: it, its members and whom it has asked are records
 * of that account. Letters to it are put into the queue once, and leave for each member by itself; those on which its owner has to decide wait in
 * the table held_letter, which is written here.
 */
export { INVITATION, LIST, MEMBER } from './kinds.ts'
export {
  changeList,
  createList,
  loadList,
  ownerOf,
  readLists,
  removeList,
  removeListsIn,
  type List,
  type ListBy,
  type OpenList,
} from './list.ts'
export { addToList, followLink, listOfLink, type Added } from './join.ts'
export { countMembers, readInvited, readMembers, removeMember, resumeMember, type KnownMember } from './members.ts'
export { countHeld, hasRoom, HELD_DAYS, readHeld, type HeldLetter } from './held.ts'
export { acceptHeld, LONGEST_REASON, refuseHeld } from './decide.ts'
export { tellOfHeld } from './tell.ts'
export { expand } from './expand.ts'
export { mayPost, maySometimesPost } from './post.ts'
export { memberOfDetail } from './links.ts'
