/**
 * Mail as a kind of item: what a message is, how it is parsed, summarised, found and filed.
 */
export { MAIL } from './kind.ts'
export { byCodePoint, casemap } from './casemap.ts'
export { followAccounts, type Following } from './follow.ts'
export { createStandardMailboxes, ROLES } from './mailboxes/standard.ts'
export { rightsOf, type MailboxRights } from './mailboxes/rights.ts'
export { queryMailboxes, type MailboxFilter, type MailboxOrder, type MailboxQuery } from './mailboxes/query.ts'
export { findMailboxByPath, INBOX, mailboxPath, SEPARATOR, SLASH_IN_NAME } from './mailboxes/path.ts'
export { roleOfSpecialUse, specialUseOf } from './mailboxes/special-use.ts'
export { createMailbox, emptyMailbox, updateMailbox, removeMailbox, type NewMailbox } from './mailboxes/change.ts'
export {
  annotate,
  MOST_ANNOTATIONS,
  readAnnotations,
  WHOLE_ACCOUNT,
  type Annotations,
} from './mailboxes/annotations.ts'
export { keywordName, bitOfKeyword, toFlags, toKeywords, otherBits } from './messages/keywords.ts'
export {
  summarise,
  summariseMessage,
  readSummary,
  threadKeys,
  type Summary,
  type PartSummary,
} from './messages/summary.ts'
export { expandStructure, type Structure } from './messages/structure.ts'
export {
  prepareMessage,
  adoptMessage,
  addMessage,
  addMessages,
  type AdoptedMessage,
  type Filing,
  type PreparedMessage,
} from './messages/add.ts'
export { readMessages, toMessage, type StoredMessage } from './messages/read.ts'
export { findContent, findDeletedContent, bytesOf, type Content } from './messages/content.ts'
export { readHeader } from './messages/header.ts'
export { isListed } from './messages/listed-fields.ts'
export { openMessages, streamMessage, type OpenedMessage } from './messages/open.ts'
export {
  updateMessages,
  destroyMessages,
  removeFromMailbox,
  replaceDrafts,
  type MessageUpdate,
  type SetChange,
} from './messages/update.ts'
export {
  mailboxOfQuery,
  queryMessages,
  type MessageList,
  type MessageQuery,
  type MessageWindow,
} from './messages/query.ts'
export type { MessageCondition, MessageFilter } from './messages/filter.ts'
export { needsKeyword, SORT_PROPERTIES, type MessageOrder, type SortProperty } from './messages/sort.ts'
export { FIELDS, TEXT_FIELDS, wordsOfMessage, type TextField } from './search/fields.ts'
export { LONGEST_NEEDLE, openMailSearch, type MailSearch, type TextKey } from './search/mailbox.ts'
export { messagesTogether, readMessage, textHas } from './search/letter.ts'
export { readSnippets, type Snippet } from './search/snippet.ts'
export { termsOf, wordsOfText } from './search/condition.ts'
export { meantWords, suggestSenders, suggestWords } from './search/suggest.ts'
