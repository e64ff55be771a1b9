/** Kinds of records: what a list is, for its owner's account; who is a member of one; who was asked and has not said yes. */
export const LIST = 'list'
export const MEMBER = 'listMember'
export const INVITATION = 'listInvitation'
