/**
 * Distribution lists: an address here with members here and elsewhere. A list is its owner's: it, its members and whom it has asked are records
 * of that account. Letters to it are put into the queue once, and leave for each member by itself.
 */
export { createList, LIST, loadList, ownerOf, removeList, type List, type OpenList } from './list.ts'
export { addToList, followLink, listOfLink, type Added } from './join.ts'
export { INVITATION, MEMBER, readInvited, readMembers, removeMember, type KnownMember } from './members.ts'
export { expand, type ToExpand } from './expand.ts'
export { mayPost } from './post.ts'
export { memberOfDetail } from './links.ts'
